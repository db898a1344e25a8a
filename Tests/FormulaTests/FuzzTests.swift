import Foundation
import TestSupport
import Testing

@testable import Formula

@Suite("No text crashes, hangs or lies")
struct FuzzTests {
  static let pieces = [
    "(", ")", "+", "-", "**", "/", "//", "%", " if ", " else ", " and ", " or ", "not ", "<", ">=",
    "==",
    "!=", "&", "|", "^", "~", "<<", ">>", ",", ".", "{", "}", "{a/b}", "#", "\n", "1", "0", "0x",
    "1e", "_",
    "9e999", "max(", "round(a,", "prev(", "mavg(a, 3)", "default(a,", "interp(", "a", "b", "True",
    "\u{0}",
    "é", "\u{202E}", "'", "[", ":", "=", "lambda", "{a}.quality", "clamp(a,b,c)", "1_0", "log(",
    "1 / a",
  ]

  /// A formula with a few things wrong.
  static func mutated(_ seeds: [String], _ random: inout SeededGenerator) -> String {
    var bytes = Array((seeds.randomElement(using: &random) ?? "a").utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 1 where place < bytes.count: bytes.remove(at: place)
      case 2 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + 8))
      case 4:
        let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      default:
        bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: place)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How many inputs are tried; IIOT_FUZZ_COUNT as many as it says.
  static let count: Int = {
    let environment = ProcessInfo.processInfo.environment
    if let count = environment["IIOT_FUZZ_COUNT"].flatMap(Int.init) { return count }
    return Soak.cases(4_000, full: 10_000_000)
  }()

  @Test("mutated formulas")
  func mutants() throws {
    let seed = ProcessInfo.processInfo.environment["IIOT_SEED"].flatMap(UInt64.init) ?? 99
    var random = SeededGenerator(seed: seed)
    let fixtures = try Corpus.fixture("python.jsonl", as: OracleLine.self).map(\.src)
    let seeds = fixtures + ColumnTests.formulas + Self.pieces
    var accepted = 0
    for index in 0..<Self.count {
      let source = Self.mutated(seeds, &random)
      do {
        let formula = try CompiledFormula(source)
        accepted += 1
        let slots = formula.makeSlots()
        for slot in 0..<slots.count { slots[slot] = ColumnTests.sample(&random) }
        let time = Int64(index) << 32
        let result = formula.evaluate(slots, at: time)
        if !formula.isStateful {
          let exact = slots.evaluateExactly(at: time)
          let same = result.value == exact.value || (result.value.isNaN && exact.value.isNaN)
          try #require(
            same && result.failure == exact.failure, "seed \(seed), input \(index): \(source)")
        }
        if result.failure != nil { #expect(formula.error(of: result) != nil) }
        _ = formula.canonicalText
        _ = try? formula.inverse(for: "a")
        try? formula.checkUnits(["a": "bar", "b": "Cel"])
      } catch let error as FormulaError {
        let size = source.utf8.count
        try #require(
          error.offset <= size && error.offset + error.length <= size && error.column >= 1
            && error.snippet.unicodeScalars.count < 200,
          "seed \(seed), input \(index): \(source)")
      }
    }
    #expect(accepted > Self.count / 100)
  }

  @Test("deep and long formulas pass on a stack of 512 KiB")
  func smallStack() async {
    let finished = await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: Self.deepFormulas()) }
      thread.stackSize = 512 * 1024
      thread.start()
    }
    #expect(finished > 10)
  }

  /// Compiles and evaluates what nests deepest, with limits as wide as they go; says how many were accepted.
  private static func deepFormulas() -> Int {
    var wide = FormulaOptions()
    wide.limits.sourceLength = .max
    wide.limits.depth = .max
    wide.limits.nodes = .max
    wide.limits.arguments = .max
    func repeated(_ before: String, _ count: Int, _ middle: String, _ after: String = "") -> String
    {
      String(repeating: before, count: count) + middle + String(repeating: after, count: count)
    }
    let sources = [
      repeated("(", 4_000, "a", ")"), repeated("-", 4_000, "a"), repeated("not ", 4_000, "a"),
      repeated("abs(", 4_000, "a", ")"), repeated("a**", 2_000, "1"),
      repeated("1 if a else ", 2_000, "1"),
      repeated("max(1,", 4_000, "a", ")"), repeated("a+", 8_000, "a"),
      repeated("a and ", 7_000, "a"),
      repeated("a<", 7_000, "a"), repeated("(a+", 4_000, "a", ")"),
      repeated("prev(", 500, "a", ")"),
      repeated("(", 200_000, "a", ")"), repeated("-", 1_000_000, "a"),
    ]
    var accepted = 0
    for options in [FormulaOptions(), wide] {
      for source in sources {
        guard let formula = try? CompiledFormula(source, options: options) else { continue }
        accepted += 1
        let slots = formula.makeSlots()
        for slot in 0..<slots.count { slots[slot] = 1 }
        _ = formula.evaluate(slots)
        var errors: [FormulaRowError] = []
        _ = try? formula.evaluate(columns: [[1, 2, 3]], errors: &errors)
        try? formula.checkUnits(["a": "m"])
      }
    }
    return accepted
  }
}
