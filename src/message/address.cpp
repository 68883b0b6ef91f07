#include "message/address.h"

#include "base/utf8.h"
#include "message/encoded_word.h"
#include "message/tokens.h"

namespace rook::message {
namespace {

class AddressParser {
public:
    AddressParser(std::string_view value, std::size_t most)
        : tokens_(value, "<>,;:@["), most_(most) {}

    std::vector<RawAddress> run() {
        for (auto token = tokens_.next();; token = tokens_.next()) {
            if (token.kind == Tokens::Kind::End) break;
            if (out_.size() >= most_) break;
            char special = token.kind == Tokens::Kind::Special ? token.text[0] : 0;
            switch (special) {
                case ',':
                    end_address();
                    break;
                case ';':
                    end_group();
                    break;
                case ':':
                    begin_group();
                    break;
                case '<':
                    read_angle();
                    break;
                case '>':
                    break;
                default:
                    add_word(token);
                    break;
            }
        }
        end_group();
        return std::move(out_);
    }

private:
    // Text before a "<", ":" or ",": a phrase, or an address without brackets; which one is known
    // at the end.
    void add_word(const Tokens::Token& token) {
        if (token.kind == Tokens::Kind::Special && token.text == "@") at_sign_ = spec_.size();
        if (!phrase_.empty() && token.space_before) phrase_ += ' ';
        phrase_ += token.text;
        spec_ += token.text;
        has_text_ = true;
    }

    void clear() {
        phrase_.clear();
        spec_.clear();
        route_.clear();
        at_sign_ = spec_.npos;
        has_text_ = has_angle_ = false;
        angle_ = {};
        tokens_.forget_comment();
    }

    void end_address() {
        if (!has_text_ && !has_angle_) return clear();
        RawAddress address;
        if (has_angle_) {
            address = std::move(angle_);
            address.name = phrase_;
        } else if (at_sign_ == spec_.npos) {
            address.mailbox = phrase_;
        } else {
            address.mailbox = spec_.substr(0, at_sign_);
            address.host = spec_.substr(at_sign_ + 1);
        }
        if (!has_angle_) address.route = std::move(route_);
        if (address.name.empty()) address.name = tokens_.last_comment();
        if (out_.size() < most_) out_.push_back(std::move(address));
        clear();
    }

    void begin_group() {
        if (at_sign_ == 0) {  // a route without brackets
            route_ = std::move(spec_);
            spec_.clear();
            phrase_.clear();
            at_sign_ = spec_.npos;
            return;
        }
        if (in_group_ || has_angle_) return;  // a stray colon
        RawAddress group;
        group.mailbox = phrase_;
        group.kind = Address::Kind::GroupStart;
        out_.push_back(std::move(group));
        in_group_ = true;
        clear();
    }

    void end_group() {
        end_address();
        if (!in_group_) return;
        RawAddress group;
        group.kind = Address::Kind::GroupEnd;
        out_.push_back(std::move(group));
        in_group_ = false;
    }

    // Behind "<": a route if there is one, the address, ">". A missing ">" ends at "," or ";".
    void read_angle() {
        if (has_angle_) end_address();
        has_angle_ = true;
        std::string spec, phrase;
        auto at_sign = spec.npos;
        for (auto token = tokens_.next();; token = tokens_.next()) {
            bool special = token.kind == Tokens::Kind::Special;
            char c = special ? token.text[0] : 0;
            bool in_route = at_sign == 0;
            if (token.kind == Tokens::Kind::End || c == '>' || c == ';' ||
                (c == ',' && !in_route)) {
                if (at_sign == spec.npos) {
                    angle_.mailbox = phrase;
                } else {
                    angle_.mailbox = spec.substr(0, at_sign);
                    angle_.host = spec.substr(at_sign + 1);
                }
                if (c == ';') end_group();
                if (c == ',') end_address();
                return;
            }
            if (c == ':' && in_route) {
                angle_.route = std::move(spec);
                spec.clear();
                phrase.clear();
                at_sign = spec.npos;
                continue;
            }
            if (c == '<') continue;
            if (c == '@' && !in_route) at_sign = spec.size();
            if (!phrase.empty() && token.space_before) phrase += ' ';
            phrase += token.text;
            spec += token.text;
        }
    }

    Tokens tokens_;
    std::size_t most_;
    std::vector<RawAddress> out_;
    std::string phrase_, spec_, route_;
    std::size_t at_sign_ = std::string::npos;
    bool has_text_ = false, has_angle_ = false, in_group_ = false;
    RawAddress angle_;
};

}  // namespace

std::vector<RawAddress> parse_raw_addresses(std::string_view value, std::size_t most) {
    return AddressParser(value, most).run();
}

Address decode_address(const RawAddress& raw) {
    Address address;
    address.kind = raw.kind;
    bool is_group = raw.kind == Address::Kind::GroupStart;
    address.name = decode_encoded_words(raw.name);
    address.mailbox = is_group ? decode_encoded_words(raw.mailbox) : to_valid_utf8(raw.mailbox);
    address.host = to_valid_utf8(raw.host);
    return address;
}

std::vector<Address> decode_addresses(const std::vector<RawAddress>& raw) {
    std::vector<Address> out;
    out.reserve(raw.size());
    for (auto& address : raw) out.push_back(decode_address(address));
    return out;
}

std::vector<Address> parse_addresses(std::string_view value, std::size_t most) {
    return decode_addresses(parse_raw_addresses(value, most));
}

}  // namespace rook::message
