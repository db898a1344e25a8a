import CANCore
import DBC
import Formula
import StoreForward

let formula = try CompiledFormula("clamp(raw * 0.1 - 40, -40, 125) if raw > 0 else 0")
let value = try formula.evaluate(["raw": 512])
precondition(value == 512 * 0.1 - 40)

let store = try BlockingRingStore(
  directory: "store", options: StoreOptions(capacity: .mebibytes(1)))
var batch = RecordBatch()
try batch.append([1, 2, 3], time: 0)
let receipt = try store.append(batch)
let cursor = try store.cursor("reader", from: .oldest)
let payload = try cursor.next { batch in batch.payload(at: 0) }
precondition(payload == [1, 2, 3] && receipt.isDurable)
try store.close()

print("  ran:      \(value), \(payload ?? []), \(CANIdentifier(truncating: 0x123))")
