internal import IndustrialModel

/// What stands before the samples of a record for the ledger: its own account, and once more those of the two records before
/// it, so that damage to a record does not take with it what was lost.
///
/// Version (1), the ledger's identity (8 bytes), the length of the account and the account, then twice or fewer times: how many
/// numbers before this one the other record stands, the length of its account, and the account.
enum Remark {
  static let version: UInt8 = 1
  /// So many records before are told again.
  static let memory = 2

  /// An account and the number of the record that it is of.
  struct Told: Sendable {
    var number: UInt64
    var account: [UInt8]
  }

  /// - Parameters:
  ///   - number: The number that the record will have.
  ///   - before: What was told lately, the newest last.
  ///   - limit: Earlier accounts are left out where the remark would be longer.
  static func write(
    _ account: [UInt8], of number: UInt64, before: [Told], ledger: UInt64, limit: Int,
    to bytes: inout [UInt8]
  ) {
    bytes.append(version)
    bytes.append(word: ledger)
    bytes.appendVarint(account.count)
    bytes += account
    for told in before.reversed() where told.number < number {
      guard bytes.count + told.account.count + 20 <= limit else { break }
      bytes.appendVarint(number - told.number)
      bytes.appendVarint(told.account.count)
      bytes += told.account
    }
  }

  /// Reads a remark: this record's own account, then those of others.
  ///
  /// - Returns: nil if it is none of this ledger's.
  static func read(_ bytes: UnsafeRawBufferPointer, of number: UInt64, ledger: UInt64) -> [Told]? {
    guard bytes.first == version else { return nil }
    var reader = VarintReader(bytes, at: 1)
    guard reader.word() == ledger, let length = reader.nextLength(),
      let own = reader.block(length)
    else { return nil }
    var told = [Told(number: number, account: Array(own))]
    while reader.remaining > 0 {
      guard let distance = reader.next(), distance > 0, distance < number,
        let length = reader.nextLength(), let account = reader.block(length)
      else { return nil }
      told.append(Told(number: number - distance, account: Array(account)))
    }
    return told
  }
}
