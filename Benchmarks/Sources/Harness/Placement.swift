internal import CCounters
internal import Glibc

/// On which processor a benchmark and its helpers run.
public enum Placement {
  /// Keeps this process, and the programs that it starts from now on, to one processor, counted from 0.
  public static func run(onProcessor number: Int) throws {
    let failure = iiot_run_on(Int32(clamping: number))
    guard failure == 0 else {
      throw PeerProblem(
        description: "can't run on processor \(number): \(String(cString: strerror(failure)))")
    }
  }
}
