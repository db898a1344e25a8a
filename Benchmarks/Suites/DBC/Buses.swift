import DBC
import Foundation
import Harness

/// Whole buses with a million frames each, beside C that interprets a table, C that cantools generates, numpy and cantools:
/// those that `Peers/DBC/prepare.py` wrote.
struct Bus: Sendable {
  let name: String

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let folder = root.appending(path: ".build-peers/DBC")

  /// None before the peers were built.
  static let all: [Bus] = {
    let names = (try? String(contentsOf: folder.appending(path: "names"), encoding: .utf8)) ?? ""
    return names.split(separator: "\n").map { Bus(name: String($0)) }
  }()

  /// The text of the database.
  func text() throws -> [UInt8] {
    Array(try Data(contentsOf: Self.folder.appending(path: "\(name).dbc")))
  }

  /// The first frames of the bus, in schedule order or shuffled, in batches.
  func batches(_ order: String, _ most: Int, each size: Int) throws -> [CANFrameBatch] {
    let data = try Data(contentsOf: Self.folder.appending(path: "\(name).\(order).bin"))
    return data.withUnsafeBytes { bytes in
      let stride = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      let count = min(most, Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      var batches: [CANFrameBatch] = []
      for first in Swift.stride(from: 0, to: count, by: size) {
        var batch = CANFrameBatch()
        batch.reserveCapacity(min(size, count - first))
        for place in first..<min(first + size, count) {
          let record = UnsafeRawBufferPointer(rebasing: bytes[(16 + place * stride)...])
          let length = Int(record[12])
          batch.append(
            CANFrame(
              time: record.loadUnaligned(as: Int64.self),
              identifier: CANIdentifier(
                truncating: record.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
              payload: CANPayload(record[16..<(16 + length)]) ?? CANPayload()))
        }
        batches.append(batch)
      }
      return batches
    }
  }

  func peer(_ title: String, _ program: String, _ arguments: String...) -> Contender {
    .peer(title, program: "DBC/\(program)", arguments: [Self.folder.path, name] + arguments)
  }
}

extension BenchmarkSuite {
  mutating func addBuses() {
    let million = 1_000_000
    for bus in Bus.all {
      for order in ["schedule", "random"] {
        add("\(bus.name): a million frames into slots, \(order) order") {
          let decoder = try Database(parsing: bus.text()).decoder()
          let frames = try bus.batches(order, million, each: million)[0]
          return Comparison(
            operation: "frame", itemsPerOperation: Double(frames.count),
            gate: Gate(allocations: 0, retains: 0), countedIterations: 1,
            ours: { iterations in
              var slots = decoder.makeSlots()
              var signals = 0
              for _ in 0..<iterations { signals += decoder.decode(frames, into: &slots).signals }
              return UInt64(signals)
            },
            against: [
              bus.peer("own C, interpreting a table", "table.c", order),
              bus.peer("cantools C, -O3 -march=native", "cantools_c.c", order),
            ])
        }
      }
      add("\(bus.name): a million frames into columns, random order") {
        let decoder = try Database(parsing: bus.text()).decoder()
        let batches = try bus.batches("random", million, each: 16_384)
        return Comparison(
          operation: "frame", itemsPerOperation: Double(batches.reduce(0) { $0 + $1.count }),
          gate: Gate(allocations: 0, retains: 0), countedIterations: 1,
          ours: { iterations in
            var columns = decoder.makeColumns()
            var signals = 0
            for _ in 0..<iterations {
              for frames in batches { signals += decoder.decode(frames, into: &columns).signals }
            }
            return UInt64(signals)
          },
          against: [
            bus.peer("cantools C, -O3 -march=native", "cantools_c.c", "random"),
            bus.peer("numpy", "numpy_columns.py", "random"),
          ])
      }
      add("\(bus.name): ten thousand frames into slots") {
        let decoder = try Database(parsing: bus.text()).decoder()
        let frames = try bus.batches("random", 10_000, each: 10_000)[0]
        return Comparison(
          operation: "frame", itemsPerOperation: Double(frames.count),
          gate: Gate(allocations: 0, retains: 0), countedIterations: 20,
          ours: { iterations in
            var slots = decoder.makeSlots()
            var signals = 0
            for _ in 0..<iterations { signals += decoder.decode(frames, into: &slots).signals }
            return UInt64(signals)
          },
          against: [bus.peer("cantools decode_message", "cantools_bus.py", "decode")])
      }
      add("\(bus.name): encode") {
        let database = try Database(parsing: bus.text())
        let decoder = database.decoder()
        var options = FrameEncoder.Options()
        options.checksRange = false
        let encoder = database.encoder(options)
        var slots = decoder.makeSlots()
        let frames = try bus.batches("random", 10_000, each: 10_000)[0]
        decoder.decode(frames, into: &slots)
        let values = slots.values
        let seen = Set(frames.map(\.identifier))
        let messages = database.messages.filter { $0.identifier.map(seen.contains) ?? false }
        return Comparison(
          operation: "frame", itemsPerOperation: Double(messages.count),
          gate: Gate(allocations: 0, retains: 0), countedIterations: 200,
          ours: { iterations in
            var bytes = 0
            // A message at a time: the loop over the messages retains each.
            for message in messages {
              for _ in 0..<iterations {
                bytes += (try? encoder.encode(message, values: values))?.count ?? 0
              }
            }
            return UInt64(bytes)
          },
          against: [bus.peer("cantools encode_message", "cantools_bus.py", "encode")])
      }
      add("\(bus.name): parse") {
        let bytes = try bus.text()
        return Comparison(
          operation: "database", bytesPerOperation: Double(bytes.count),
          ours: { iterations in
            var signals = 0
            for _ in 0..<iterations {
              guard let database = try? Database(parsing: bytes) else { continue }
              for message in database.messages { signals += message.signals.count }
            }
            return UInt64(signals)
          },
          against: [bus.peer("cantools load_string", "cantools_bus.py", "parse")])
      }
    }
  }
}
