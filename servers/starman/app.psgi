# A PSGI application on Plack's own request class. A new row is a new entry of
# %routes or %below. A handler returns status, headers and body.
use strict;
use warnings;

use Compress::Zlib ();
use JSON::XS ();
use Plack::Builder;
use Plack::Request;
use Tie::IxHash;
use Time::HiRes ();

use constant PIECE => 64 * 1024;    # bytes of a body that are read at a time

my $ALIVE = "alive\r\n";
my $LARGE = substr '0123456789abcdefghijklmnopqrstuvwxyz' x 1821, 0, 65536;
my $ETAG  = '"v1"';

my @CORS = (
    'Access-Control-Allow-Origin'  => 'https://example.com',
    'Access-Control-Allow-Methods' => 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers' => 'Content-Type, X-Requested-With',
    'Access-Control-Max-Age'       => '86400',
);

my %MEDIA_TYPES = (
    css   => 'text/css',
    js    => 'text/javascript',
    html  => 'text/html',
    json  => 'application/json',
    svg   => 'image/svg+xml',
    txt   => 'text/plain',
    xml   => 'application/xml',
    woff2 => 'font/woff2',
    webp  => 'image/webp',
);

my $JSON = JSON::XS->new->utf8;

# ordered makes a hash that keeps the order of its keys, which the JSON needs.
sub ordered {
    tie my %hash, 'Tie::IxHash', @_;
    return \%hash;
}

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "cannot read $path: $!";
    local $/;
    return scalar <$file>;
}

my $DATA  = $ENV{JOUST_DATA};    # the folder of the data set
my @ITEMS = map { item($_) } @{ $JSON->decode( slurp("$DATA/items.json") ) };

# item returns the fields of an item in their order.
sub item {
    my ($parsed) = @_;
    my %fields = %$parsed;
    $fields{rating} = ordered( map { $_ => $fields{rating}{$_} } qw(score count) );
    return [ map { $_ => $fields{$_} }
          qw(id name category price quantity active tags rating) ];
}

# whole returns the whole number that the text writes. Without one, the request is
# answered with 400.
sub whole {
    my ($text) = @_;
    die { status => 400 } unless defined $text && $text =~ /\A-?[0-9]+\z/;
    return 0 + $text;
}

sub answer {
    my ( $body, $type, @headers ) = @_;
    my @length = ( 'Content-Type' => $type, 'Content-Length' => length $body );
    return [ 200, [ @length, @headers ], [$body] ];
}

sub text { return answer( $_[0], 'text/plain' ) }
sub json { return answer( $JSON->encode( $_[0] ), 'application/json' ) }

sub failure {
    my ( $status, $body ) = @_;
    my $answer = text($body);
    $answer->[0] = $status;
    return $answer;
}

# compressed returns JSON, gzipped where the client takes it.
sub compressed {
    my ( $req, $value ) = @_;
    my $body    = $JSON->encode($value);
    my @headers = ( Vary => 'Accept-Encoding' );
    if ( ( $req->header('Accept-Encoding') // '' ) =~ /gzip/ ) {
        push @headers, 'Content-Encoding' => 'gzip';
        $body = Compress::Zlib::memGzip($body);
    }
    return answer( $body, 'application/json', @headers );
}

# count reads the body in pieces and returns the number of its bytes.
sub count {
    my ($req) = @_;
    my $bytes = 0;
    while ( my $read = $req->body->read( my $piece, PIECE ) ) {
        $bytes += $read;
    }
    return $bytes;
}

sub status_object {
    my ($req) = @_;
    my $data = ordered(
        name    => 'joust',
        version => '1.0.0',
        flags   => [qw(fast correct measured repeatable)],
    );
    my $id = whole( $req->query_parameters->{id} // 1 );
    return json( ordered( id => $id, status => 'ok', data => $data ) );
}

sub table {
    my ($req) = @_;
    my $seed = whole( $req->query_parameters->{seed} // 1 );
    my @rows = map {
        my $value = ( $_ * $seed * 7919 + $_ * $_ ) % 1000003;
        my $name = "row-$_";    # makes $_ a string for JSON::XS
        ordered( id => 0 + $_, value => $value, name => $name );
    } 0 .. 383;
    return compressed( $req, ordered( seed => $seed, rows => \@rows ) );
}

sub etag {
    my ($req) = @_;
    if ( ( $req->header('If-None-Match') // '' ) eq $ETAG ) {
        return [ 304, [ ETag => $ETAG ], [] ];
    }
    return answer( $ALIVE, 'text/plain', ETag => $ETAG );
}

# events sends the events one by one.
sub events {
    my @headers = ( 'Content-Type' => 'text/event-stream', 'Cache-Control' => 'no-cache' );
    return sub {
        my ($respond) = @_;
        my $writer = $respond->( [ 200, \@headers ] );
        $writer->write("data: $_\n\n") for 1 .. 100;
        $writer->close;
    };
}

sub baseline {
    my ($req) = @_;
    my $query = $req->query_parameters;
    my $sum   = whole( $query->{a} ) + whole( $query->{b} );
    $sum += whole( $req->content ) if $req->method eq 'POST';
    return text($sum);
}

# first_items returns the value of /json/{count}?m={multiplier}.
sub first_items {
    my ( $req, $count ) = @_;
    my $last       = whole($count) - 1;
    my $multiplier = whole( $req->query_parameters->{m} // 1 );
    $last = $#ITEMS if $last > $#ITEMS;
    my @items = map {
        my $item = ordered(@$_);
        $item->{total} = $item->{price} * $item->{quantity} * $multiplier;
        $item;
    } @ITEMS[ 0 .. $last ];
    return ordered( items => \@items, count => scalar @items );
}

sub delay {
    my ( $req, $milliseconds ) = @_;
    Time::HiRes::sleep( whole($milliseconds) / 1000 );
    return text('ok');
}

# static_file sends a file in its best form for the Accept-Encoding.
sub static_file {
    my ( $req, $name ) = @_;
    my ($ending) = $name =~ /\A[\w-]+\.(\w+)\z/;
    my $path = "$DATA/static/$name";
    my $type = $MEDIA_TYPES{ $ending // '' };
    return failure( 404, "not found\n" ) unless $type && -f $path;
    my @headers = ( 'Content-Type' => $type, Vary => 'Accept-Encoding' );
    my $accepts = $req->header('Accept-Encoding') // '';
    for my $form ( [ br => 'br' ], [ gzip => 'gz' ] ) {
        my ( $encoding, $suffix ) = @$form;
        next unless $accepts =~ /\b$encoding\b/ && -f "$path.$suffix";
        $path .= ".$suffix";
        push @headers, 'Content-Encoding' => $encoding;
        last;
    }
    open my $file, '<:raw', $path or die "cannot read $path: $!";
    return [ 200, [ @headers, 'Content-Length' => -s $file ], $file ];
}

# Exact paths. A GET route answers HEAD too: the middleware leaves the body out.
my %routes = (
    'GET /'               => sub { text($ALIVE) },
    'GET /json'           => \&status_object,
    'POST /echo'          => sub { answer( $_[0]->content, 'application/octet-stream' ) },
    'GET /large'          => sub { text($LARGE) },
    'GET /cookies'        => sub { text( scalar keys %{ $_[0]->cookies } ) },
    'POST /upload'        => sub { text( count( $_[0] ) ) },
    'POST /upload_auto'   => sub { text( length $_[0]->content ) },
    'POST /upload_manual' => sub { text( count( $_[0] ) ) },
    'POST /form'          => sub { text( $_[0]->body_parameters->flatten / 2 ) },
    'POST /drain'         => sub { count( $_[0] ); text('ok') },
    'GET /gzip'           => \&table,
    'GET /qs'             => sub { text( $_[0]->query_parameters->flatten / 2 ) },
    'GET /etag'           => \&etag,
    'GET /redirect'       => sub { [ 302, [ Location => '/target', 'Content-Length' => 0 ], [] ] },
    'OPTIONS /api'        => sub { [ 204, [@CORS], [] ] },
    'GET /sse'            => \&events,
    'GET /baseline11'     => \&baseline,
    'POST /baseline11'    => \&baseline,
    'GET /pipeline'       => sub { text('ok') },
    map { ( sprintf( 'GET /api/v1/items/%04d', $_ ) => sub { text($ALIVE) } ) } 1 .. 100,
);

# Paths with one variable segment at the end, which the handler gets.
my %below = (
    'GET /json/'           => sub { compressed( $_[0], first_items(@_) ) },
    'GET /httparena_json/' => sub { json( first_items(@_) ) },
    'GET /delay/'          => \&delay,
    'GET /static/'         => \&static_file,
);

sub dispatch {
    my ($req) = @_;
    my $method = $req->method eq 'HEAD' ? 'GET' : $req->method;
    my $key = $method . ' ' . $req->path_info;
    if ( my $route = $routes{$key} ) {
        return $route->($req);
    }
    my ( $folder, $tail ) = $key =~ m{\A(.*/)([^/]*)\z};
    my $route = $below{ $folder // '' };
    return $route ? $route->( $req, $tail ) : failure( 404, "not found\n" );
}

my $app = sub {
    my ($env) = @_;
    my $answer = eval { dispatch( Plack::Request->new($env) ) };
    return $answer if $answer;
    return failure( $@->{status}, "a whole number is expected\n" ) if ref $@ eq 'HASH';
    die $@;
};

builder {
    enable 'Head';
    $app;
};
