internal import IndustrialModel

/// Has a web server take the samples of a batch request by request, and finds those that it refuses for their content.
///
/// Samples of a tag whose type is in conflict are known by the server's words; what is refused otherwise is cut in half until the
/// culprits stand alone. Where the server refuses whatever it is offered with the same words, it may mean the request (a wrong
/// path, no organization, a port that speaks TLS): then nothing is condemned.
///
/// That is asked of a server that has never taken anything since this was made. Once it has, a few samples that are all refused are
/// refused for their content, or one device with values that the server does not want would hold all the others up; where it is a
/// hundred or more on end, the server may have been set up anew, and the request is in doubt again.
///
/// A delivery that fails goes on where it was when the same batch comes again.
struct RefusalSearch {
  /// How a server refuses a request.
  struct Refusal {
    /// Its words.
    var reason: String
    /// Whether it has certainly looked at the content.
    var isAboutContent: Bool
  }

  typealias Write = (ArraySlice<Int>) throws(SinkError) -> Refusal?

  /// The samples that are judged together: those of a request, or of several small ones.
  private struct Scope {
    var start = 0
    /// How many samples had been refused before.
    var refusedBefore = 0
    /// Whether the server has taken something or named a sample, or has taken something before and these are few: what it
    /// refuses, it refuses for its content.
    var isSound = false
    /// What it said of the first sample that it refused alone.
    var words: String?
  }

  private let destination: String
  private let samplesPerRequest: Int
  private let tags: TagRegistry
  private var progress = BatchProgress<ArraySlice<Int>>()
  private var scope = Scope()
  /// Whether the server has ever taken something.
  private var hasTaken = false
  /// Samples that the server took ahead of their turn.
  private var taken: Set<Int> = []
  /// How often this batch was given up because nothing of it was taken.
  private var doubts = 0

  private static let shortestScope = 1000
  /// So many samples, all refused, put the request in doubt though the server has taken others before.
  private static let manySamples = 100
  /// So many other samples are tried before a request is held to be at fault.
  private static let mostProbes = 16

  /// - Parameter destination: Whose words they are.
  init(_ destination: String, samplesPerRequest: Int, tags: TagRegistry) {
    self.destination = destination
    self.samplesPerRequest = max(1, samplesPerRequest)
    self.tags = tags
  }

  /// Has the samples written.
  ///
  /// - Parameter write: Writes the samples at some indices in one request; gives nil where the server has them all.
  /// - Returns: Which samples were refused.
  mutating func deliver(
    _ batch: SampleBatch, by write: Write
  ) throws(SinkError) -> DeliveryReport {
    if !progress.begin(batch) { (scope, taken, doubts) = (newScope(at: 0, of: batch), [], 0) }
    while let piece = nextPiece(of: batch), let first = piece.first {
      guard let refusal = try write(piece) else {
        (scope.isSound, hasTaken) = (true, true)
        progress.pieces.removeLast()
        continue
      }
      let known = inConflict(piece, of: batch, refusal.reason)
      if !known.isEmpty {
        scope.isSound = true
        reject(known, refusal.reason)
        let rest = piece.filter { !known.contains($0) }
        if !rest.isEmpty { progress.pieces.append(rest[...]) }
      } else if piece.count > 1 {
        let middle = piece.startIndex + piece.count / 2
        progress.pieces.removeLast()
        progress.pieces += [piece[middle...], piece[..<middle]]
      } else {
        try judge(first, refusal, batch.count, by: write)
        reject([first], refusal.reason)
      }
    }
    let report = progress.report
    progress = BatchProgress()
    return report
  }

  /// What goes next: what is left of the request at hand, without what has been taken, or the next request.
  private mutating func nextPiece(of batch: SampleBatch) -> ArraySlice<Int>? {
    while true {
      if progress.pieces.isEmpty {
        let start = progress.next
        guard start < batch.count else { return nil }
        if start - scope.start >= scopeLength {
          scope = newScope(at: start, of: batch)
        }
        progress.next = min(start + samplesPerRequest, batch.count)
        progress.pieces = [Array(start..<progress.next)[...]]
      }
      guard let piece = progress.pieces.last else { return nil }
      guard !taken.isEmpty, let place = piece.firstIndex(where: taken.contains) else {
        return piece
      }
      progress.pieces.removeLast()
      progress.pieces += [piece[(place + 1)...], piece[..<place]].filter { !$0.isEmpty }
    }
  }

  private var scopeLength: Int { max(samplesPerRequest, Self.shortestScope) }

  private func newScope(at start: Int, of batch: SampleBatch) -> Scope {
    Scope(
      start: start, refusedBefore: progress.report.rejections.count,
      isSound: hasTaken && min(scopeLength, batch.count - start) < Self.manySamples)
  }

  /// The piece at hand is settled, some of its samples by a refusal.
  private mutating func reject(_ indices: Set<Int>, _ reason: String) {
    progress.pieces.removeLast()
    progress.report.rejections += indices.sorted().map { .init(index: $0, reason: reason) }
  }

  /// Looks into whether it is the sample that is refused, and not the request.
  ///
  /// When the first two samples that went alone were refused in the same words, and nothing was taken before, others are tried, spread
  /// over what is left, each time others: if there is a sample that the server takes, it is found.
  ///
  /// - Throws: When none is taken. The samples then go again from the first one on.
  private mutating func judge(
    _ index: Int, _ refusal: Refusal, _ count: Int, by write: Write
  ) throws(SinkError) {
    guard !scope.isSound else { return }
    guard let words = scope.words else {
      // One sample alone says nothing of the request.
      scope.words = refusal.reason
      scope.isSound = refusal.isAboutContent
      return
    }
    func isOther(_ refusal: Refusal) -> Bool { refusal.isAboutContent || refusal.reason != words }
    if isOther(refusal) { return scope.isSound = true }
    let rest = (index + 1)..<max(index + 1, min(scope.start + scopeLength, count))
    let probes = min(rest.count, Self.mostProbes)
    for number in 0..<probes {
      let place = rest.lowerBound + (number * rest.count / probes + doubts) % rest.count
      guard let answer = try write([place]) else {
        taken.insert(place)
        return (scope.isSound, hasTaken) = (true, true)
      }
      if isOther(answer) { return scope.isSound = true }
    }
    doubts += 1
    progress.pieces = []
    progress.next = scope.start
    progress.report.rejections.removeSubrange(scope.refusedBefore...)
    scope.words = nil
    throw Self.doubt(
      of: destination, words,
      advice:
        "check the address (http or https), the database, or bucket and organization, and the "
        + "kind of body; nothing is lost meanwhile")
  }

  /// The error of a server that seems to refuse the request and not what is in it.
  static func doubt(of destination: String, _ words: String, advice: String) -> SinkError {
    SinkError(
      code: .denied, destination: destination,
      message: "the server refuses whatever it is sent, in the same words: \(words)",
      advice: advice)
  }

  /// Which samples a server means that finds fields of another type.
  private func inConflict(
    _ indices: ArraySlice<Int>, of batch: SampleBatch, _ reason: String
  ) -> Set<Int> {
    guard let conflict = FieldTypeConflict(in: reason) else { return [] }
    let names = tags.names
    return Set(
      indices.filter { index in
        let tag = Int(batch.records[index].tag.rawValue)
        return tag < names.count && conflict.concerns(batch.records[index], tag: names[tag])
      })
  }
}
