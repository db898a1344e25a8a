// Reads two registers of a PLC twice a second and writes what it read to a CSV file.
//
//   LogPLC modbus://10.0.0.10?unit=1 plant.csv 60
import Glibc
import IndustrialModel
import Modbus
import Sinks

let arguments = CommandLine.arguments
guard arguments.count == 4, let rounds = Int(arguments[3]) else {
  print("usage: LogPLC URL FILE ROUNDS")
  exit(64)
}
let url = try ModbusURL(arguments[1])
let tags = TagRegistry()
let sampler = try RegisterSampler([
  RegisterReading(
    tag: tags.intern("pump-01/flow"), unit: url.unit, place: .input(2), type: .float32),
  RegisterReading(
    tag: tags.intern("pump-01/pressure"), unit: url.unit, place: .input(4), type: .float32),
])
let plc = ModbusClient(url)
let file = try FileSink(path: arguments[2], format: .csv, tags: tags)

var next: UInt64 = 1
for _ in 0..<rounds {
  // Both registers in one request; a device that does not answer gives samples of bad quality, not none.
  let answers = try await plc.read(sampler.plan)
  var samples = SampleBatch()
  sampler.append(answers, to: &samples)
  next = samples.number(from: next)
  _ = try await file.deliver(samples)  // on the disk when it returns
  for sample in samples { print(tags.name(of: sample.tag), sample.value, sample.quality) }
  try await Task.sleep(for: .milliseconds(500))
}
