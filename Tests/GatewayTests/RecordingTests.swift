import Foundation
import Gateway
import IndustrialModel
import TestSupport
import Testing

@Suite("Recordings played as a device", .timeLimit(.minutes(15))) struct RecordingTests {
  let folder: TemporaryFolder
  let events = EventLog()

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "cells become numbers, truths and texts, empty ones nothing; lines that can't be read are told")
  func once() async throws {
    try folder.write(
      "\u{FEFF}time,level,line/on,\"note\"\r\n0,1,true,\"a,b\"\r\n0.002,2.5,,\r\nnonsense,9,9,9\r\n\r\n"
        + "0.004,-3,false\r\n0.004,18446744073709551616,x y,1e400\r\n2.5e-3,7,,",
      to: "r.csv")
    // It ends by itself with the recording.
    try await GatewayRuntime(configuration(), events: events.add).run(grace: .seconds(20))
    let rows = try folder.text(of: "out.csv").split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
    }
    #expect(
      rows.map { "\($0[1])" } == [
        "d/level", "d/line/on", "d/note", "d/level", "d/level", "d/line/on", "d/note", "d/level",
      ])
    for (row, value) in zip(
      rows, ["1,", "true", "\"a,b\"", "2.5", "1.8446744073709552e", "x y", "1e400", "7,"])
    {
      #expect(row[2].hasPrefix(value), "\(row)")
    }
    #expect(
      events.all.count == 2 && events.all[0].message.contains("2; the first: 4"), "\(events.all)")
    #expect(events.all.last?.level == .info)
  }

  @Test("again from the beginning, at a period of its own or by the times; a reload ends it")
  func again() async throws {
    try folder.write(
      "time,n\n2026-01-01T00:00:00Z,1\n2026-01-01T00:00:00.003Z,2\n2026-01-01T00:00:00.001Z,3\n",
      to: "r.csv")
    for every in [nil, Duration.milliseconds(2)] {
      let output = every == nil ? "own.csv" : "fixed.csv"
      let gateway = try await GatewayRuntime(
        configuration(every: every, repeats: true, output: output), events: events.add)
      try await run(gateway) { $0.status.stored > 30 }
      let values = try folder.text(of: output).split(separator: "\n").dropFirst()
        .map { $0.split(separator: ",")[2] }
      #expect(values.count > 30)
      for (index, value) in values.enumerated() { #expect(value == "\(index % 3 + 1)") }
    }
    #expect(events.all.isEmpty)
  }

  @Test("times are kept: what was a minute apart is not played at once")
  func pace() async throws {
    try folder.write("time,n\n0,1\n60,2\n", to: "r.csv")
    let gateway = try await GatewayRuntime(configuration())
    try await run(gateway) { $0.status.stored == 1 }
    #expect(gateway.status.stored == 1)
  }

  @Test("a file that is not there, or names no columns, is a mistake of the configuration")
  func refused() async throws {
    for (text, message) in [
      (nil, "r.csv"), ("", "does not name the columns"), ("a,b\n1,2\n", "does not name"),
      ("time\n1\n", "does not name"), ("time,n,m,n\n0,1,2,3\n", "two columns of"),
    ] {
      if let text { try folder.write(text, to: "r.csv") }
      let error = await #expect(throws: ConfigurationError.self) {
        try await GatewayRuntime(configuration())
      }
      #expect(error?.description.contains(message) == true)
    }
    #if Gateway
      try folder.write("time,not a name\n", to: "r.csv")
      try folder.write("time,n,m,n\n", to: "twice.csv")
      for (device, message) in [
        ("{bus: b, recording: \(folder.file("r.csv"))}", "'not a name' can't be a tag"),
        ("{bus: b, recording: \(folder.file("twice.csv"))}", "two columns are called 'n'"),
        ("{bus: b, recording: x, tags: {t: {}}}", "tags of its columns"),
        ("{bus: b, repeat: true, tags: {t: {}}}", "repeat what"),
        ("{bus: b, recording: x, every: 0s}", "longer than nothing"),
      ] {
        let error = #expect(throws: ConfigurationError.self) {
          try GatewayConfiguration(
            yaml:
              "schema: iiot/1\ngateway: {id: t}\nbuses: {b: {driver: simulator}}\ndevices: {d: \(device)}"
          )
        }
        #expect(error?.problems.first?.message.contains(message) == true, "\(error as Any)")
      }
    #endif
  }

  private func configuration(
    every: Duration? = nil, repeats: Bool = false, output: String = "out.csv"
  ) -> GatewayConfiguration {
    GatewayConfiguration(
      id: "g", dataFolder: folder.file("data-\(output)"),
      buses: [.init(name: "sim", transport: .simulator)],
      devices: [
        .init(
          name: "d", bus: "sim",
          recording: Recording(path: folder.file("r.csv"), every: every, repeats: repeats))
      ], buffer: .init(capacity: 4 << 20, segment: 1 << 20),
      sinks: [.init(name: "f", kind: .file(path: folder.file(output), format: .csv))])
  }
}
