internal import Synchronization

/// Whether gateways count for the ledger: off only where what counting costs is measured. Without it records have no account, and
/// the ledger knows of nothing.
@_spi(Benchmarks) public enum LedgerSwitch {
  private static let value = Atomic(true)

  /// For gateways that begin to run from now on.
  public static var isOn: Bool {
    get { value.load(ordering: .relaxed) }
    set { value.store(newValue, ordering: .relaxed) }
  }
}
