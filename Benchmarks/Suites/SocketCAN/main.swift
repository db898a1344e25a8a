// Frames out of a socket: 100,000 an operation, from one who sends as fast as the socket takes them, on another thread. A pair of datagram
// sockets stands for the bus, so that the figure is that of receiving on any machine.
import CANCore
import CFlood
import Foundation
import Harness
import SocketCAN

let framesPerOperation = 100_000

/// One bus, and the end that is filled.
actor Bus {
  private let sender: Int32
  private let frames: CANBusFrames

  init() throws {
    var (sender, receiver): (Int32, Int32) = (-1, -1)
    guard flood_pair(&sender, &receiver) == 0 else { throw POSIXError(.EMFILE) }
    self.sender = sender
    frames = CANBus(descriptor: receiver, interface: "bench").frames()
  }

  func receive(_ iterations: Int) async throws -> UInt64 {
    var sum: UInt64 = 0
    var iterator = frames.makeAsyncIterator()
    for _ in 0..<iterations {
      flood_start(sender, UInt(framesPerOperation))
      var left = framesPerOperation
      while left > 0, let batch = try await iterator.next() {
        for frame in batch { sum &+= UInt64(frame.identifier.value) + UInt64(frame.payload[0]) }
        left -= batch.count
      }
    }
    return sum
  }
}

var suite = BenchmarkSuite("SocketCAN")

suite.add("receive frames in batches") {
  let bus = try Bus()
  return Comparison(
    operation: "frame", itemsPerOperation: Double(framesPerOperation), bytesPerOperation: 1_600_000,
    countedIterations: 0,
    ours: { iterations in try await bus.receive(Int(iterations)) },
    against: [
      .peer("C, a call a frame", program: "SocketCAN/receive.c", arguments: ["1"]),
      .peer("C, 64 frames a call", program: "SocketCAN/receive.c", arguments: ["64"]),
    ])
}

suite.run()
