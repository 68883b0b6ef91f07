#include "admin/json.h"

#include <algorithm>
#include <boost/json/src.hpp>

#include "base/utf8.h"

namespace rook::admin {
namespace {

constexpr std::size_t kMaxDepth = 16;

Result<Json> from_boost(const boost::json::value& value) {
    using boost::json::kind;
    switch (value.kind()) {
        case kind::null:
            return Json();
        case kind::bool_:
            return Json(value.get_bool());
        case kind::int64:
            return Json(value.get_int64());
        case kind::string:
            return Json(std::string_view(value.get_string().data(), value.get_string().size()));
        case kind::array: {
            auto out = Json::array();
            for (auto& one : value.get_array()) out.push(TRY(from_boost(one)));
            return out;
        }
        case kind::object: {
            Json::Object out;
            for (auto& one : value.get_object())
                out.emplace_back(std::string(one.key().data(), one.key().size()),
                                 TRY(from_boost(one.value())));
            return Json(std::move(out));
        }
        case kind::uint64:
        case kind::double_:
            break;
    }
    return fail(Why::BadSyntax, "A number is too large, or not whole");
}

void write_text(std::string& out, std::string_view text) {
    out += boost::json::serialize(boost::json::string(to_valid_utf8(text)));
}

class JsonWriter {
public:
    JsonWriter(std::string& out, bool in_lines) : out_(out), in_lines_(in_lines) {}

    void write(const Json& json) {
        if (auto* v = json.as_bool())
            out_ += *v ? "true" : "false";
        else if (auto* number = json.as_number())
            out_ += std::to_string(*number);
        else if (auto* text = json.as_text())
            write_text(out_, *text);
        else if (auto* array = json.as_array())
            list('[', ']', *array, [&](const Json& one) { write(one); });
        else if (auto* object = json.as_object())
            list('{', '}', *object, [&](const Json::Member& one) {
                write_text(out_, one.first);
                out_ += in_lines_ ? ": " : ":";
                write(one.second);
            });
        else
            out_ += "null";
    }

private:
    template <class List, class Each>
    void list(char open, char close, const List& all, const Each& each) {
        out_ += open;
        ++depth_;
        bool is_first = true;
        for (auto& one : all) {
            if (!std::exchange(is_first, false)) out_ += ',';
            new_line();
            each(one);
        }
        --depth_;
        if (!is_first) new_line();
        out_ += close;
    }
    void new_line() {
        if (in_lines_) out_.append(1, '\n').append(2 * depth_, ' ');
    }

    std::string& out_;
    bool in_lines_;
    std::size_t depth_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
    auto* object = as_object();
    if (!object) return nullptr;
    auto found = std::find_if(object->begin(), object->end(),
                              [&](const Member& one) { return one.first == name; });
    return found == object->end() ? nullptr : &found->second;
}

Json& Json::set(std::string_view name, Json value) {
    if (is_null()) value_ = Object{};
    auto& object = std::get<Object>(value_);
    for (auto& one : object) {
        if (one.first == name) {
            one.second = std::move(value);
            return *this;
        }
    }
    object.emplace_back(std::string(name), std::move(value));
    return *this;
}

void Json::push(Json value) {
    if (is_null()) value_ = Array{};
    std::get<Array>(value_).push_back(std::move(value));
}

Result<Json> read_json(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = kMaxDepth;
    boost::system::error_code error;
    auto value = boost::json::parse({text.data(), text.size()}, error, {}, options);
    if (error) return fail(Why::BadSyntax, "The JSON cannot be read", error.message());
    return from_boost(value);
}

std::string write_json(const Json& json) {
    std::string out;
    JsonWriter(out, false).write(json);
    return out;
}

std::string show_json(const Json& json) {
    std::string out;
    JsonWriter(out, true).write(json);
    return out;
}

}  // namespace rook::admin
