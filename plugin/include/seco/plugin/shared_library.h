#pragma once

#include <string>
#include <vector>

namespace seco::plugin {

/// Loads shared libraries that register materials or engines. Symbols are bound at once; a library
/// stays loaded until the program ends, and loading it again has no effect.
///
/// A name without a slash is looked for in `folder`, beside the library seco_plugin, and where the
/// dynamic linker looks; a relative path starts from `folder`.
/// @throws std::invalid_argument with a message of its own for a file that is missing, one that
/// cannot be
///   read or is no shared library, a symbol that cannot be resolved, one built against another
///   version of the plugin interface or of deal.II, and one that registers nothing.
/// @return a sentence for the user where the library is not needed any more, which is then not
///   looked for; else empty
std::string load_shared_library(const std::string& name, const std::string& folder);

}  // namespace seco::plugin
