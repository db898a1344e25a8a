/// The two parts of a tag's path: what stands before its first slash, and what comes behind it. Without a slash both are the whole.
struct TagPath {
  let device: Substring
  let tag: Substring

  init(_ path: String) {
    let slash = path.firstIndex(of: "/")
    device = slash.map { path[..<$0] } ?? Substring(path)
    tag = slash.map { path[path.index(after: $0)...] } ?? Substring(path)
  }
}
