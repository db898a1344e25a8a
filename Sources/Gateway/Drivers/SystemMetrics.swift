internal import Glibc
internal import IndustrialModel

/// What the machine says about itself (Linux: proc(5), sysfs, statvfs(3)).
struct SystemMetrics {
  /// The names of the tags, below the device.
  static let names = [
    "cpu/load1", "cpu/load5", "cpu/load15", "cpu/use", "memory/total", "memory/available",
    "memory/use", "disk/total", "disk/free", "disk/use", "temperature", "uptime",
  ]

  private let disk: String
  private var busy: (used: Double, all: Double) = (0, 0)
  private var use: Double?

  /// - Parameter disk: A path on the file system that is looked at.
  init(disk: String) {
    self.disk = disk
    // Since the machine started: what the first reading says when no tick passes before it.
    _ = processorUse(Self.processorTimes())
  }

  /// The values in the order of `names`; nil for what this machine does not tell.
  mutating func read() -> [Double?] {
    let load = Self.numbers(in: "/proc/loadavg")
    let (total, available) = Self.memory()
    let disk = diskSpace()
    return [
      load.first, load.dropFirst().first, load.dropFirst(2).first,
      processorUse(Self.processorTimes()),
      total, available, Self.share(total, available), disk?.total, disk?.free,
      Self.share(disk?.total, disk?.free), Self.temperature(),
      Self.numbers(in: "/proc/uptime").first,
    ]
  }

  /// The used part of a whole of which so much is free, in percent.
  private static func share(_ total: Double?, _ free: Double?) -> Double? {
    guard let total, let free, total > 0 else { return nil }
    return 100 * (total - free) / total
  }

  /// Since the reading before, in percent of all processors. The kernel counts in ticks of some milliseconds: until the next one the
  /// use stays what it was.
  mutating func processorUse(_ now: (used: Double, all: Double)?) -> Double? {
    guard let now else { return nil }
    defer { busy = now }
    if now.all > busy.all {
      use = min(max(100 * (now.used - busy.used) / (now.all - busy.all), 0), 100)
    } else if now.all < busy.all {
      // A processor was taken away with what it had counted.
      use = nil
    }
    return use
  }

  private static func processorTimes() -> (used: Double, all: Double)? {
    guard let line = text(of: "/proc/stat")?.split(separator: "\n").first, line.hasPrefix("cpu ")
    else { return nil }
    // user nice system idle iowait irq softirq steal; what follows is in user already.
    let times = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    guard times.count >= 5 else { return nil }
    let all = times.reduce(0, +)
    return (all - times[3] - times[4], all)
  }

  private static func memory() -> (total: Double?, available: Double?) {
    var found: [Substring: Double] = [:]
    for line in text(of: "/proc/meminfo")?.split(separator: "\n") ?? [] {
      let words = line.split(separator: " ")
      if words.count == 3, let number = Double(words[1]) { found[words[0]] = 1024 * number }
    }
    return (found["MemTotal:"], found["MemAvailable:"])
  }

  private func diskSpace() -> (total: Double, free: Double)? {
    var status = statvfs()
    guard statvfs(disk, &status) == 0 else { return nil }
    let block = Double(status.f_frsize)
    return (Double(status.f_blocks) * block, Double(status.f_bavail) * block)
  }

  /// Of the hottest zone, in degrees Celsius.
  private static func temperature() -> Double? {
    var hottest: Double?
    for zone in 0..<64 {
      guard let value = numbers(in: "/sys/class/thermal/thermal_zone\(zone)/temp").first else {
        continue
      }
      hottest = max(hottest ?? -.infinity, value / 1000)
    }
    return hottest
  }

  private static func numbers(in path: String) -> [Double] {
    text(of: path)?.split(whereSeparator: \.isWhitespace).compactMap { Double($0) } ?? []
  }

  private static func text(of path: String) -> String? {
    readFile(path).map { String(decoding: $0, as: UTF8.self) }
  }
}
