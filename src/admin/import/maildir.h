// Finds the messages of a Maildir and of the folders in it.
//
// Folders as Maildir++ has them (".Archive.2024", in modified UTF-7) and as plain folders below
// ("Archive/2024"). Flags from the file names, keywords through a dovecot-keywords file, the date
// of arrival from the file's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/import/mbox.h"
#include "base/result.h"

namespace rook::admin {

struct MaildirFile {
    std::string path;
    std::uint64_t bytes = 0;
    std::int64_t received = 0;
    std::vector<std::string> flags;
};
struct MaildirFolder {
    std::string name;                // "" is the Maildir itself; levels joined by '/', UTF-8
    std::vector<MaildirFile> files;  // oldest first
};

// BadSyntax when the folder is no Maildir; Io.
Result<std::vector<MaildirFolder>> list_maildir(const std::string& path);

// Its bytes, with CRLF.
Result<FileMessage> read_maildir_file(const MaildirFile&, std::size_t most_bytes);

// The flags that a file name ends with: ":2,FS" is \Flagged and \Seen; 'a' is keywords[0].
std::vector<std::string> maildir_flags(std::string_view file_name,
                                       const std::vector<std::string>& keywords);

}  // namespace rook::admin
