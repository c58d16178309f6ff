#include "items.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

using json = nlohmann::ordered_json;

void to_json(json& j, const Rating& rating) { j = {{"score", rating.score}, {"count", rating.count}}; }

void from_json(const json& j, Rating& rating) {
    j.at("score").get_to(rating.score);
    j.at("count").get_to(rating.count);
}

void to_json(json& j, const Item& item) {
    j = {
        {"id", item.id},         {"name", item.name},         {"category", item.category},
        {"price", item.price},   {"quantity", item.quantity}, {"active", item.active},
        {"tags", item.tags},     {"rating", item.rating},
    };
}

void from_json(const json& j, Item& item) {
    j.at("id").get_to(item.id);
    j.at("name").get_to(item.name);
    j.at("category").get_to(item.category);
    j.at("price").get_to(item.price);
    j.at("quantity").get_to(item.quantity);
    j.at("active").get_to(item.active);
    j.at("tags").get_to(item.tags);
    j.at("rating").get_to(item.rating);
}

Items::Items(const std::string& folder) {
    const std::string path = folder + "/items.json";
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot read " + path + "; give the data set's folder with --data");
    }
    items_ = json::parse(file).get<std::vector<Item>>();
}

std::string Items::answer(std::size_t count, std::int64_t multiplier) const {
    json list = json::array();
    for (std::size_t i = 0; i < count; i++) {
        json item = items_[i];
        item["total"] = items_[i].price * items_[i].quantity * multiplier;
        list.push_back(std::move(item));
    }
    return json{{"items", std::move(list)}, {"count", count}}.dump();
}
