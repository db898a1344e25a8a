// How blocks and jobs end.
extension WireEngine {
  func take(_ slot: Int) -> Assignment? {
    let assignment = assignments[slot]
    assignments[slot] = nil
    return assignment
  }

  func fail(_ slot: Int, _ error: ModbusError) {
    guard let assignment = take(slot) else { return }
    settle(assignment.job, assignment.block, error)
  }

  /// Fails all that has not been sent.
  func failWaiting(_ error: ModbusError) {
    for assignment in held {
      var error = error
      describePlace(of: assignment.job, assignment.block, in: &error)
      settle(assignment.job, assignment.block, error)
    }
    held.removeAll(keepingCapacity: true)
    while let job = queue.removeAny() { failUnsent(of: job, error) }
  }

  func failUnsent(of job: Job, _ error: ModbusError) {
    while let block = job.takeBlock() {
      var error = error
      describePlace(of: job, block, in: &error)
      settle(job, block, error)
    }
  }

  func settle(_ job: Job, _ block: Int, _ error: ModbusError?) {
    if let error {
      if job.message == nil {
        job.result.failures[block] = error
      } else {
        job.answer = .failure(error)
      }
    }
    job.remaining -= 1
    if job.remaining == 0 { finished.append(job) }
  }

  func failure(
    _ code: ModbusError.Code, _ message: String, _ job: Job, _ block: Int, errno: Int32? = nil
  ) -> ModbusError {
    var error = ModbusError(
      code, message, bus: endpoint.description, errno: errno, advice: nil)
    describePlace(of: job, block, in: &error)
    if job.isWrite, code == .timeout || code == .connectionLost || code == .malformedReply {
      error.advice = "the write may have happened: read the value back before writing again"
    } else if code == .timeout {
      error.advice =
        "check the unit number and the device, or allow more time if the device is slow"
    }
    return error
  }

  func describePlace(of job: Job, _ block: Int, in error: inout ModbusError) {
    if let message = job.message {
      error.unit = message.unit
      error.address = message.address
      error.count = message.count
      error.function = message.function
    } else {
      let request = job.plan.blocks[block]
      error.unit = request.unit
      error.address = RegisterAddress(request.table, request.address)
      error.count = request.count
      error.function = request.table.readFunction
    }
  }

  func describe(_ defect: MBAPExchange.Defect) -> String {
    switch defect {
    case .unit(let unit): "the answer came from unit \(unit)"
    case .function(let code): "the answer is to another function, \(code)"
    case .length(let length): "the answer has the wrong length, \(length) bytes"
    }
  }
}
