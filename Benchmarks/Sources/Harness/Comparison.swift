/// Does the work `iterations` times and tells a number made of the results.
///
/// The number keeps the compiler from dropping the work, and (unless the comparison says otherwise) must
/// be the same for every contender, so that nobody wins by doing something else.
public typealias Body = @Sendable (_ iterations: Int) async throws -> UInt64

/// One way to do the work.
public struct Contender: Sendable {
  /// What a contender stands for.
  public enum Role: String, Sendable, Codable {
    /// This library.
    case ours
    /// Another library or tool that does the same work.
    case peer
    /// The least that any program would have to do (memory bandwidth, the bare system call, C with everything inlined).
    case limit
  }

  enum Work: Sendable {
    case inProcess(Body)
    case program(source: String, arguments: [String])
  }

  let name: String
  let role: Role
  let work: Work

  /// A peer that runs in this process.
  public static func peer(_ name: String, _ body: @escaping Body) -> Contender {
    Contender(name: name, role: .peer, work: .inProcess(body))
  }

  /// A peer that runs as a child process and speaks the protocol of `Peers/peer.h` and `Peers/peer.py`.
  ///
  /// - Parameter program: its source file below `Benchmarks/Peers`, such as `DBC/cantools_decode.py` or
  ///   `Modbus/libmodbus_read.c`; `make bench-peers` installs what it needs and compiles it.
  public static func peer(
    _ name: String, program: String, arguments: [String] = []
  ) -> Contender {
    Contender(name: name, role: .peer, work: .program(source: program, arguments: arguments))
  }

  /// The limit that physics or the operating system sets, in this process.
  public static func limit(_ name: String, _ body: @escaping Body) -> Contender {
    Contender(name: name, role: .limit, work: .inProcess(body))
  }

  /// The limit that physics or the operating system sets, as a child process.
  public static func limit(
    _ name: String, program: String, arguments: [String] = []
  ) -> Contender {
    Contender(name: name, role: .limit, work: .program(source: program, arguments: arguments))
  }
}

/// The most that one operation of ours may cost, in things that do not depend on the machine's mood.
public struct Gate: Sendable, Codable {
  /// Allocations for an operation; nil for no bound.
  public var allocations: Double?
  /// Swift retains for an operation; nil for no bound.
  public var retains: Double?
  /// Instructions for an operation (`--instructions`, callgrind); nil for no bound.
  public var instructions: Double?

  /// Bounds; what is left out is not bounded.
  public init(allocations: Double? = nil, retains: Double? = nil, instructions: Double? = nil) {
    self.allocations = allocations
    self.retains = retains
    self.instructions = instructions
  }
}

/// Our way of doing something beside those of others.
public struct Comparison: Sendable {
  let operation: String
  let itemsPerOperation: Double
  let bytesPerOperation: Double
  let gate: Gate
  let countedIterations: Int?
  let isThreaded: Bool
  let resultsAgree: Bool
  let ours: Contender
  let others: [Contender]
  let remark: (@Sendable () -> String)?

  /// A comparison.
  ///
  /// - Parameters:
  ///   - operation: what one iteration is, in the singular: "frame", "append of 100 records".
  ///   - itemsPerOperation: how many smaller things one iteration holds, if times and counts shall be
  ///     told for each of them ("record" with 100 records an append).
  ///   - bytesPerOperation: the payload of one iteration, if a rate in bytes makes sense.
  ///   - gate: bounds for ours, for each item.
  ///   - countedIterations: how many iterations a counting run takes; chosen by time if nil, 0 to count nothing. Give it where a cost
  ///     is amortised over many iterations, so that the counts repeat exactly.
  ///   - isThreaded: whether ours is the work of threads that come, go and wait for each other. Of such only allocations are counted:
  ///     valgrind runs one thread at a time, so that the instructions would be those of waiting; and the runtime's hooks for retains, which are
  ///     "for instruments only", have ended such a program in the runtime's cache of tuple types (Swift 6.3.1).
  ///   - resultsAgree: whether all contenders (but limits) must give the same number for the same iterations.
  ///   - ours: our way.
  ///   - against: peers and limits.
  ///   - remark: what else was observed, asked for when all has run: percentiles, memory.
  public init(
    operation: String, itemsPerOperation: Double = 1, bytesPerOperation: Double = 0,
    gate: Gate = Gate(), countedIterations: Int? = nil, isThreaded: Bool = false,
    resultsAgree: Bool = true, ours: @escaping Body, against: [Contender] = [],
    remark: (@Sendable () -> String)? = nil
  ) {
    self.operation = operation
    self.itemsPerOperation = itemsPerOperation
    self.bytesPerOperation = bytesPerOperation
    self.gate = gate
    self.countedIterations = countedIterations
    self.isThreaded = isThreaded
    self.resultsAgree = resultsAgree
    self.ours = Contender(name: "ours", role: .ours, work: .inProcess(ours))
    others = against
    self.remark = remark
  }
}
