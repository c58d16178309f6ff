module example.org/tiny

go 1.26.0

require example.org/dep v0.0.0

replace example.org/dep => ./dep
