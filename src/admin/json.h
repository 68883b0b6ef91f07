// JSON as the admin API uses it: whole numbers, texts, lists, objects in the order in which they
// were made.
//
// Threads: a plain value. Boost.JSON reads and writes it, in json.cpp only.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace rook::admin {

class Json {
public:
    using Array = std::vector<Json>;
    using Member = std::pair<std::string, Json>;
    using Object = std::vector<Member>;

    Json() = default;
    Json(std::nullptr_t) {}
    Json(bool v) : value_(v) {}
    Json(std::integral auto v) : value_(static_cast<std::int64_t>(v)) {}
    Json(std::string v) : value_(std::move(v)) {}
    Json(std::string_view v) : value_(std::string(v)) {}
    Json(const char* v) : value_(std::string(v)) {}
    Json(Array v) : value_(std::move(v)) {}
    Json(Object v) : value_(std::move(v)) {}
    static Json object(std::initializer_list<Member> members) { return Json(Object(members)); }
    static Json array() { return Json(Array{}); }

    // Null when it is something else.
    const bool* as_bool() const { return std::get_if<bool>(&value_); }
    const std::int64_t* as_number() const { return std::get_if<std::int64_t>(&value_); }
    const std::string* as_text() const { return std::get_if<std::string>(&value_); }
    const Array* as_array() const { return std::get_if<Array>(&value_); }
    const Object* as_object() const { return std::get_if<Object>(&value_); }
    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }

    // A member; null when there is none, or when this is no object.
    const Json* find(std::string_view name) const;
    // Sets a member; makes an object of a null.
    Json& set(std::string_view name, Json value);
    // Appends; makes an array of a null.
    void push(Json value);

    friend bool operator==(const Json&, const Json&) = default;

private:
    std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

// One text, 16 levels at most. BadSyntax; fractions are refused.
Result<Json> read_json(std::string_view);
// On one line: no raw control characters. Texts that are not UTF-8 are mended.
std::string write_json(const Json&);
// With lines and indents, for people.
std::string show_json(const Json&);

}  // namespace rook::admin
