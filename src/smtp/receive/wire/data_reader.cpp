#include "smtp/receive/wire/data_reader.h"

#include <cstring>

#include "base/sabotage.h"

namespace rook::smtp::wire {

std::size_t DataReader::read(std::string_view input, std::string& out) {
    std::size_t at = 0;
    while (at < input.size() && state_ != State::Done) {
        const char c = input[at];
        switch (state_) {
            case State::LineStart:
                if (c == '.') ++at;
                state_ = c == '.' ? State::Dot : State::Text;
                break;
            case State::Dot:  // which is not part of the message
                if (c == '\r') ++at;
                state_ = c == '\r' ? State::DotCr : State::Text;
                break;
            case State::DotCr:
                if (c == '\n') {
                    ++at;
                    state_ = State::Done;
                } else {
                    out += '\r';
                    state_ = State::Cr;
                }
                break;
            case State::Text:
                at += read_text(input.substr(at), out);
                break;
            case State::Cr:
                if (c == '\n') {
                    out += '\n';
                    ++at;
                    state_ = State::LineStart;
                } else {
                    bare_ = true;
                    state_ = State::Text;
                }
                break;
            case State::Done:
                break;
        }
    }
    return at;
}

// Whole lines at a time, for as long as they start with no dot and end with CRLF.
std::size_t DataReader::read_text(std::string_view input, std::string& out) {
    std::size_t at = 0;
    while (at < input.size()) {
        const char* begin = input.data() + at;
        const auto* lf = static_cast<const char*>(std::memchr(begin, '\n', input.size() - at));
        const std::size_t size = lf ? static_cast<std::size_t>(lf - begin) : input.size() - at;
        const auto* cr = static_cast<const char*>(std::memchr(begin, '\r', size));
        if (cr && (!lf || cr + 1 < lf)) {
            // Bare, or the last that has come: Cr decides.
            at += static_cast<std::size_t>(cr - begin) + 1;
            state_ = State::Cr;
            break;
        }
        at += size;
        if (!lf) break;
        ++at;
        if (!cr && !sabotaged(Sabotage::LoneNewline)) {
            bare_ = true;  // and no line starts here
            continue;
        }
        if (at == input.size() || input[at] == '.') {
            state_ = State::LineStart;
            break;
        }
    }
    out += input.substr(0, at);
    return at;
}

}  // namespace rook::smtp::wire
