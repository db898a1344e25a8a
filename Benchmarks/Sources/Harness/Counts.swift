internal import CCounters

/// What one operation costs beside time.
struct Counts: Codable {
  var allocations: Double
  var allocatedBytes: Double
  var retains: Double?
  var releases: Double?
  var instructions: Double?

  /// Counts of an operation of `body`: the difference between a run of twice as many iterations and one of `iterations`,
  /// so that what happens once a run does not show.
  ///
  /// - Parameter countsReferences: Whether retains and releases are counted, too.
  static func of(
    _ body: Body, iterations: Int, items: Double, countsReferences: Bool
  ) async throws -> Counts {
    _ = try await body(iterations)
    func count(_ iterations: Int) async throws -> iiot_counts {
      iiot_counting_begin(countsReferences)
      do {
        _ = try await body(iterations)
        return iiot_counting_end()
      } catch {
        _ = iiot_counting_end()
        throw error
      }
    }
    let once = try await count(iterations)
    let twice = try await count(2 * iterations)
    let per = Double(iterations) * items
    func difference(_ field: KeyPath<iiot_counts, UInt64>) -> Double {
      (Double(twice[keyPath: field]) - Double(once[keyPath: field])) / per + 0
    }
    return Counts(
      allocations: difference(\.allocations), allocatedBytes: difference(\.allocated_bytes),
      retains: countsReferences ? difference(\.retains) : nil,
      releases: countsReferences ? difference(\.releases) : nil)
  }

  /// Whether counting works in this program: an object that is made, shared and dropped must be seen.
  /// It does not where the Swift runtime was linked in statically or the C library is another one.
  static let work: Bool = {
    let objects = Probe()
    iiot_counting_begin(true)
    objects.refill()
    let seen = iiot_counting_end()
    return seen.allocations >= 100 && seen.allocations < 110 && seen.retains >= 100
      && seen.releases >= 100
  }()
}

/// Makes 100 objects, each held twice.
private final class Probe {
  private final class Node {}
  private var first: [Node] = []
  private var second: [Node] = []

  @inline(never)
  func refill() {
    first = (0..<100).map { _ in Node() }
    second.reserveCapacity(100)
    for node in first { second.append(node) }
    second.removeAll()
  }
}
