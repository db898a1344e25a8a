internal import IndustrialModel
internal import StoreForward

/// The labels under which the buffer counts samples, one for each device: what it has to give up still says whose it was.
///
/// A label is made of the device's name alone, so that it means the same after a restart. (One for each tag would cost more
/// than the samples.)
struct SourceLabels {
  /// By tag number.
  private var labels: [UInt32] = []
  private let tags: TagRegistry

  init(tags: TagRegistry) { self.tags = tags }

  /// How many samples of a range are of which device.
  mutating func counts(of samples: SampleBatch, _ range: Range<Int>) -> [LabelCount] {
    var counts: [LabelCount] = []
    var current = 0
    for record in samples.records[range] {
      let tag = Int(record.tag.rawValue)
      if tag >= labels.count { learnNames(to: tag) }
      let label = labels[tag]
      // Neighbours are mostly of the same device.
      if current >= counts.count || counts[current].label != label {
        current = counts.firstIndex { $0.label == label } ?? counts.count
        if current == counts.count { counts.append(LabelCount(label: label, count: 0)) }
      }
      counts[current].count += 1
    }
    return counts
  }

  private mutating func learnNames(to tag: Int) {
    for name in tags.names[labels.count...] { labels.append(Self.label(of: Self.device(of: name))) }
    // A number without a name can only come from a mix-up of registries.
    while labels.count <= tag { labels.append(0) }
  }

  /// The part of a tag's path that names the device.
  static func device(of name: String) -> Substring { name.prefix { $0 != "/" } }

  /// FNV-1a of the name.
  static func label(of device: Substring) -> UInt32 {
    device.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}
