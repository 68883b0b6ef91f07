// The readable text in HTML: for previews and search. No style, script, comment or text of
// pictures; linear, in pieces of any size. This is not a sanitiser: the text that comes out is not
// HTML and must be escaped before it is shown in any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rook::message {

// Threads: one at a time. Input and output are UTF-8.
class HtmlText {
public:
    void feed(std::string_view html, std::string& out);
    void finish(std::string& out);

private:
    enum class Mode : std::uint8_t { Text, Entity, Tag, Comment, Skip };
    std::size_t plain_text(std::string_view html) const;
    void text_byte(char c, std::string& out);
    void tag_byte(char c, std::string& out);
    void comment_byte(char c);
    void end_tag(std::string& out);
    void end_entity(std::string& out);
    void space(std::string& out, char c);

    Mode mode_ = Mode::Text;
    std::string token_;        // the tag or entity being read, its first bytes
    std::string skip_;         // the element whose content is skipped
    char quote_ = 0;           // inside an attribute's value
    char last_ = '\n';         // the last byte written
    char before_[2] = {0, 0};  // the last bytes of a comment
};

std::string html_to_text(std::string_view html);

}  // namespace rook::message
