// Decodes a CAN recording to columns and draws one signal as SVG.
//
//   PlotRecording drive.log vehicle.dbc EngineStatus.Engine_RPM >rpm.svg
import CANLog
import DBC
import Glibc

let arguments = CommandLine.arguments
guard arguments.count == 4, let dot = arguments[3].firstIndex(of: ".") else {
  print("usage: PlotRecording LOG DBC MESSAGE.SIGNAL")
  exit(64)
}
let database = try Database(contentsOf: arguments[2])
let decoder = database.decoder()
let name = arguments[3][arguments[3].index(after: dot)...]
guard let message = database.message(named: String(arguments[3][..<dot])),
  let signal = message.signals.first(where: { $0.name == name }),
  let slot = decoder.slot(of: signal)
else {
  print("no such signal in \(arguments[2])")
  exit(1)
}

var log = try CANLogReader(contentsOf: arguments[1])
var frames = CANFrameBatch()
var points: [(time: Int64, value: Double)] = []
while try log.next(into: &frames) {
  // Every signal of the database as a column of its own; here one of them is wanted.
  for row in decoder.decodeColumns(frames)[slot] {
    if let value = row.value { points.append((row.time, value)) }
  }
}
guard let first = points.first, let last = points.last else {
  print("it never occurs")
  exit(1)
}

let low = points.map(\.value).min() ?? 0
let high = points.map(\.value).max() ?? 0
let (width, height) = (800.0, 300.0)
let line = points.map { point in
  let x = Double(point.time - first.time) / Double(max(last.time - first.time, 1)) * width
  let y = height - (point.value - low) / max(high - low, .leastNormalMagnitude) * height
  return "\((x * 10).rounded() / 10),\((y * 10).rounded() / 10)"
}
print(
  """
  <svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -30 \(width + 20) \(height + 40)">
  <text y="-10">\(arguments[3]), \(low) to \(high) \(signal.unit)</text>
  <polyline fill="none" stroke="black" points="\(line.joined(separator: " "))"/>
  </svg>
  """)
