internal import Glibc

/// The calls to the system that fail on a full or broken disk. A test puts others in their place: such a disk is hard to come by.
struct FileCalls: Sendable {
  var openFile: @Sendable (_ path: String) -> Int32 = { path in
    open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  }
  var writeBytes: @Sendable (_ descriptor: Int32, UnsafeRawPointer?, _ count: Int) -> Int = {
    write($0, $1, $2)
  }
  var syncData: @Sendable (_ descriptor: Int32) -> Int32 = { fdatasync($0) }
}
