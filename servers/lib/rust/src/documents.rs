//! JSON documents, serialised anew for each request.

use std::io::Write;

use flate2::{write::GzEncoder, Compression};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Object {
    id: i64,
    status: &'static str,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    name: &'static str,
    version: &'static str,
    flags: [&'static str; 4],
}

/// Returns the body of GET /json?id=ID.
pub fn object(id: i64) -> Vec<u8> {
    serialised(&Object {
        id,
        status: "ok",
        data: Data { name: "joust", version: "1.0.0", flags: ["fast", "correct", "measured", "repeatable"] },
    })
}

#[derive(Serialize)]
struct Document {
    seed: i64,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: i64,
    value: i64,
    name: String,
}

/// Returns the body of GET /gzip?seed=SEED before its compression.
pub fn document(seed: i64) -> Vec<u8> {
    let row = |i: i64| Row { id: i, value: (i * seed * 7919 + i * i) % 1_000_003, name: format!("row-{i}") };
    serialised(&Document { seed, rows: (0..384).map(row).collect() })
}

/// An item of the data set.
#[derive(Deserialize, Serialize)]
pub struct Item {
    id: i32,
    name: String,
    category: String,
    price: i64,
    quantity: i64,
    active: bool,
    tags: Vec<String>,
    rating: Rating,
}

#[derive(Deserialize, Serialize)]
struct Rating {
    score: i32,
    count: i32,
}

#[derive(Serialize)]
struct Items<'a> {
    items: Vec<Priced<'a>>,
    count: usize,
}

#[derive(Serialize)]
struct Priced<'a> {
    id: i32,
    name: &'a str,
    category: &'a str,
    price: i64,
    quantity: i64,
    active: bool,
    tags: &'a [String],
    rating: &'a Rating,
    total: i64,
}

/// Returns all items as an answer, each with its total: price × quantity × multiplier.
pub fn priced(items: &[Item], multiplier: i64) -> Vec<u8> {
    let priced = |item: &'_ Item| item.price * item.quantity * multiplier;
    let items: Vec<_> = items
        .iter()
        .map(|item| Priced {
            id: item.id,
            name: &item.name,
            category: &item.category,
            price: item.price,
            quantity: item.quantity,
            active: item.active,
            tags: &item.tags,
            rating: &item.rating,
            total: priced(item),
        })
        .collect();
    let count = items.len();
    serialised(&Items { items, count })
}

/// Compresses a text at flate2's default level.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 2), Compression::default());
    encoder.write_all(text).and_then(|()| encoder.finish()).expect("a vector takes all bytes")
}

fn serialised<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data can be written as JSON")
}
