import Glibc
import StoreForward

extension FuzzTarget {
  /// A store whose files were damaged. The input is a list of edits, six bytes each: which file, where (three bytes), what
  /// to XOR there; the value 0 cuts the file off.
  ///
  /// What a cursor hands out must be what was stored under that number, and the store must take records again.
  static let store = FuzzTarget(
    name: "store",
    seeds: [[0, 0, 0, 0, 1, 0, 1, 0, 16, 0, 255, 0], [2, 8, 0, 1, 0, 0], [3, 0, 1, 0, 7, 0]]
  ) { bytes in
    let template = StoreTemplate.shared
    template.restore()
    var rest = bytes[...]
    while rest.count >= 6, let file = rest.popFirst() {
      let edit = Array(rest.prefix(4))
      rest = rest.dropFirst(5)
      let offset = Int(edit[0]) | Int(edit[1]) << 8 | Int(edit[2]) << 16
      template.damage(file: Int(file), offset: offset, xor: edit[3])
    }
    guard let store = try? BlockingRingStore(directory: template.path, options: template.options)
    else { return }
    guard let cursor = try? store.cursor("fuzz", from: .oldest) else { return }
    var last: UInt64?
    var isAtEnd = false
    while !isAtEnd {
      let count = try? cursor.next { batch in
        for index in 0..<batch.count {
          let sequence = batch.sequence(at: index)
          precondition(last.map { sequence > $0 } ?? true, "records out of order")
          last = sequence
          precondition(
            batch.payload(at: index) == StoreTemplate.payload(sequence),
            "record \(sequence) is not what was stored")
        }
        return batch.count + batch.gaps.count
      }
      isAtEnd = (count ?? 0) == 0
    }
    try? store.close()
  }
}

/// A small store on a file system in memory, and its undamaged bytes.
private final class StoreTemplate {
  nonisolated(unsafe) static let shared = StoreTemplate()

  let path: String
  let options = StoreOptions(
    capacity: .bytes(4 * 65536), segmentSize: 65536, sync: .manual, reserve: .asNeeded)
  private var files: [(name: String, bytes: [UInt8])] = []

  static func payload(_ sequence: UInt64) -> [UInt8] {
    (0..<(20 + sequence % 90)).map { UInt8(truncatingIfNeeded: sequence &* 31 &+ $0) }
  }

  private init() {
    path = "/dev/shm/iiot-fuzz-store-\(getpid())"
    mkdir(path, 0o700)
    atexit {
      StoreTemplate.shared.remove()
      rmdir(StoreTemplate.shared.path)
    }
    do {
      let store = try BlockingRingStore(directory: path, options: options)
      var batch = RecordBatch()
      var sequence: UInt64 = 1
      for _ in 0..<30 {
        batch.removeAll()
        for _ in 0..<50 {
          try batch.append(Self.payload(sequence), time: Int64(sequence))
          sequence += 1
        }
        let receipt = try store.append(batch)
        precondition(receipt.lastSequence == sequence - 1, "numbers begin elsewhere")
      }
      try store.close()
    } catch {
      preconditionFailure("\(error)")
    }
    for name in names() { files.append((name, read(name))) }
    files.sort { $0.name < $1.name }
  }

  /// The files as they were before any damage, and nothing else.
  func restore() {
    remove()
    for file in files { write(file.name, file.bytes) }
  }

  func damage(file: Int, offset: Int, xor: UInt8) {
    let (name, bytes) = files[file % files.count]
    guard !bytes.isEmpty else { return }
    let offset = offset % bytes.count
    if xor == 0 {
      truncate("\(path)/\(name)", off_t(offset))
      return
    }
    let descriptor = open("\(path)/\(name)", O_RDWR)
    defer { close(descriptor) }
    var byte: UInt8 = 0
    guard pread(descriptor, &byte, 1, off_t(offset)) == 1 else { return }
    byte ^= xor
    pwrite(descriptor, &byte, 1, off_t(offset))
  }

  private func names() -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private func remove() { for name in names() { unlink("\(path)/\(name)") } }

  private func read(_ name: String) -> [UInt8] {
    let descriptor = open("\(path)/\(name)", O_RDONLY)
    defer { close(descriptor) }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = pread(descriptor, buffer.baseAddress, size, 0)
    }
  }

  private func write(_ name: String, _ bytes: [UInt8]) {
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }
}
