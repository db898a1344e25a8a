internal import Glibc

/// What the process takes of the machine, under the names that Prometheus's own clients use.
struct ProcessMetrics {
  private var cpuSeconds: Double
  private var residentBytes: Double
  private var virtualBytes: Double
  private var startSeconds: Double?
  private var openFiles: Double?
  private var fileLimit: Double?

  /// Of this process; nil where the system doesn't tell.
  static var current: ProcessMetrics? {
    guard let stat = text(of: "/proc/self/stat"), let end = stat.lastIndex(of: ")") else {
      return nil
    }
    // proc(5): the fields behind the name in parentheses begin with the third.
    let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
    guard fields.count > 21 else { return nil }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let boot = text(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
    var limit = rlimit()
    let hasLimit = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    return ProcessMetrics(
      cpuSeconds: (fields[11] + fields[12]) / ticks,
      residentBytes: fields[21] * Double(sysconf(Int32(_SC_PAGESIZE))), virtualBytes: fields[20],
      startSeconds: boot.flatMap { Double($0.dropFirst(6)) }.map { $0 + fields[19] / ticks },
      openFiles: count(in: "/proc/self/fd"), fileLimit: hasLimit ? Double(limit.rlim_cur) : nil)
  }

  func add(to text: inout PrometheusText) {
    text.add(
      "process_cpu_seconds_total", .counter, "User and system time of the process.", cpuSeconds)
    text.add("process_resident_memory_bytes", .gauge, "Resident memory.", residentBytes)
    text.add("process_virtual_memory_bytes", .gauge, "Virtual memory.", virtualBytes)
    if let startSeconds {
      text.add(
        "process_start_time_seconds", .gauge, "Start of the process since 1970.", startSeconds)
    }
    if let openFiles { text.add("process_open_fds", .gauge, "Open file descriptors.", openFiles) }
    if let fileLimit { text.add("process_max_fds", .gauge, "The most there may be.", fileLimit) }
  }

  private static func text(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &block, block.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += block[..<count]
    }
  }

  /// How many descriptors are open, without the one that looks.
  private static func count(in folder: String) -> Double? {
    guard let directory = opendir(folder) else { return nil }
    defer { closedir(directory) }
    var count = 0.0
    while let entry = readdir(directory) {
      if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
    }
    return count - 1
  }
}
