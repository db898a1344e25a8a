/// One way for outside bytes into the library.
struct FuzzTarget: Sendable {
  /// The name by which it is called.
  let name: String
  /// Sound inputs to start from, with as much of the format as possible.
  let seeds: [[UInt8]]
  /// Takes any bytes; a trap, a hang or a report of a sanitizer is a finding.
  let run: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] = [
    dbc, candump, candumpScreen, asc, trc, blf, formula, formulaState, modbus, modbusRTU,
    modbusServer, sampleBlock, message, store, time,
  ]

  static subscript(name: String) -> FuzzTarget? { all.first { $0.name == name } }

  init(name: String, seeds: [[UInt8]], run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.seeds = seeds
    self.run = run
  }

  init(name: String, texts: [String], run: @escaping @Sendable ([UInt8]) -> Void) {
    self.init(name: name, seeds: texts.map { Array($0.utf8) }, run: run)
  }
}
