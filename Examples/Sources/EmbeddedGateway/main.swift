// A gateway inside a program: two simulated tags, a third computed from them, all stored durably, and a subscriber in the same
// process that may be slow: it gets all that is still in the buffer, and is told how much is not.
//
//   EmbeddedGateway folder 20
import Gateway
import Glibc

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[2]) else {
  print("usage: EmbeddedGateway FOLDER SAMPLES")
  exit(64)
}
let configuration = GatewayConfiguration(
  id: "embedded", dataFolder: arguments[1],
  buses: [.init(name: "trial", transport: .simulator)],
  devices: [
    .init(
      name: "pump", bus: "trial", every: .milliseconds(50),
      simulated: [
        SimulatedTag(name: "voltage", shape: .sine, minimum: 390, maximum: 410),
        SimulatedTag(name: "current", shape: .walk, minimum: 0, maximum: 20),
      ])
  ],
  formulas: [
    .init(tag: "pump/power", expression: "sqrt(3) * {pump/voltage} * {pump/current} / 1000")
  ],
  buffer: .init(capacity: 16 << 20, segment: 1 << 20))

let gateway = try await GatewayRuntime(configuration) { event in
  print("\(event.level.rawValue): \(event.source): \(event.message)")
}
let running = Task { try await gateway.run() }
var seen = 0
for await batch in gateway.samples(matching: "pump/power") {
  for sample in batch {
    print(sample.gatewayTime, gateway.tags.name(of: sample.tag), sample.value, sample.quality)
    seen += 1
  }
  if seen >= count { running.cancel() }  // ends in its orderly way, and with it this loop
}
try await running.value
