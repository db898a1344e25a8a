internal import Glibc

/// An open descriptor with one owner; closed when the owner lets go of it.
struct FileDescriptor: ~Copyable, Sendable {
  let rawValue: Int32

  init(owning rawValue: Int32) { self.rawValue = rawValue }

  deinit { close(rawValue) }
}
