// The items of the data set, parsed once, and the answers made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct Rating {
    int score;
    int count;
};

struct Item {
    int id;
    std::string name;
    std::string category;
    std::int64_t price;
    std::int64_t quantity;
    bool active;
    std::vector<std::string> tags;
    Rating rating;
};

class Items {
public:
    // Reads FOLDER/items.json; throws what goes wrong.
    explicit Items(const std::string& folder);

    std::size_t size() const { return items_.size(); }

    // answer serialises the first count items, at most size(), each with its total:
    // price × quantity × multiplier.
    std::string answer(std::size_t count, std::int64_t multiplier) const;

private:
    std::vector<Item> items_;
};
