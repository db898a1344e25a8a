// A producer that must not wait, a consumer that fails every third time, and a buffer on disk between them. Kill it at any
// moment and start it again: what was appended is there, and at most what was confirmed in the last second comes again.
//
//   SteadyBuffer folder 1000
import Glibc
import StoreForward

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[2]) else {
  print("usage: SteadyBuffer FOLDER RECORDS")
  exit(64)
}
struct Away: Error {}

let store = try await RingStore(
  directory: arguments[1], options: StoreOptions(capacity: .mebibytes(64)))
let consumer = try await store.cursor("consumer")

let producing = Task {
  for number in 0..<count {
    var batch = RecordBatch()
    try batch.append(Array("record \(number)".utf8), time: Int64(number))
    try await store.append(batch)  // on the disk when it returns
  }
}

var tries = 0
var taken = 0
while true {
  do {
    let batch: Int? = try await consumer.next(maxRecords: 100, wait: .milliseconds(200)) { batch in
      tries += 1
      if tries % 3 == 0 { throw Away() }
      for gap in batch.gaps { print("lost: \(gap)") }  // a full ring says what it gave up
      consumer.acknowledge(through: batch.lastSequence)
      return batch.count
    }
    guard let batch else { break }
    taken += batch
  } catch is Away {
    try await consumer.rewind(to: .saved)  // once more from what was confirmed
  }
}
try await producing.value
try await store.close()
print("\(taken) records in \(tries) tries")
