#include "message/tokens.h"

#include "base/ascii.h"
#include "base/sabotage.h"

namespace rook::message {

// At "(". False when it never closes; then every later "(" is an ordinary byte.
bool Tokens::skip_comment() {
    std::string content;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
        char c = rest_[i];
        if (c == '\\' && i + 1 < rest_.size()) {
            content += rest_[++i];
            continue;
        }
        if (c == '(' && depth++ == 0) continue;
        if (c == ')' && --depth == 0) {
            comment_ = trim(content);
            rest_.remove_prefix(i + 1);
            return true;
        }
        content += c;
    }
    may_comment_ = sabotaged(Sabotage::LookAgain);
    return false;
}

bool Tokens::read_enclosed(char open, char close, std::string& text) {
    bool keep = open == '[';
    if (keep) text += open;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
        char c = rest_[i];
        if (c == '\\' && i + 1 < rest_.size()) {
            text += rest_[++i];
        } else if (c == close) {
            if (keep) text += close;
            rest_.remove_prefix(i + 1);
            return true;
        } else if (c != '\r' && c != '\n' && c != '\0') {
            text += c;
        }
    }
    text.clear();
    return false;
}

Tokens::Token Tokens::next() {
    Token token;
    for (;;) {
        // A ")" that closes nothing is no more than white space.
        while (!rest_.empty() && (is_space(rest_[0]) || rest_[0] == '\0' || rest_[0] == ')')) {
            rest_.remove_prefix(1);
            token.space_before = true;
        }
        if (rest_.empty()) return token;
        if (rest_[0] == '(' && may_comment_ && skip_comment()) {
            token.space_before = true;
        } else if (rest_[0] == '"' && may_quote_ && read_enclosed('"', '"', token.text)) {
            token.kind = Kind::Quoted;
            return token;
        } else if (rest_[0] == '"') {
            may_quote_ = false;
            rest_.remove_prefix(1);
        } else {
            break;
        }
    }
    char c = rest_[0];
    if (c == '[' && specials_.find('[') != specials_.npos) {
        token.kind = Kind::Literal;
        if (may_literal_ && read_enclosed('[', ']', token.text)) return token;
        may_literal_ = false;
    } else if (specials_.find(c) != specials_.npos) {
        token.kind = Kind::Special;
        token.text = c;
        rest_.remove_prefix(1);
        return token;
    }
    token.kind = Kind::Word;
    std::size_t i = 1;
    for (; i < rest_.size(); ++i) {
        c = rest_[i];
        if (is_space(c) || c == '\0' || c == '"' || c == ')' || (c == '(' && may_comment_)) break;
        if (c == '[' ? may_literal_ && specials_.find('[') != specials_.npos
                     : specials_.find(c) != specials_.npos)
            break;
    }
    token.text = rest_.substr(0, i);
    rest_.remove_prefix(i);
    return token;
}

}  // namespace rook::message
