import CANCore
import IndustrialIO

var log = CANLogReader(bytes: Array("(1700000000.000001) can0 123#1122\n".utf8))
var frames = CANFrameBatch()
var count = 0
while try log.next(into: &frames) { count += frames.count }
precondition(count == 1)

let tags = TagRegistry()
var samples = SampleBatch()
samples.append(Sample(tag: tags.intern("pump/flow"), value: .double(1.5)))
print("  ran:      \(count) frame, \(samples.count) sample, \(Quality.good)")
