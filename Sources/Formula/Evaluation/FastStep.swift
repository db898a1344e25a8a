/// A step of the fast code as it lies in memory: the code that does it, and the registers it reads.
///
/// The result goes to the next temporary, so that no register number is spent on it. 16 bytes.
struct FastStep {
  /// Gets the step, the registers and the next temporary; gives the formula's result.
  ///
  /// C's calling convention makes it a plain pointer, without a context to keep alive.
  typealias Handler = FormulaSlots.Handler

  var handler: Handler
  var a: UInt16
  var b: UInt16
  var c: UInt16
  var d: UInt16
}

/// The registers a step reads, by the step's letters.
struct Operands {
  private let step: UnsafePointer<FastStep>
  private let registers: UnsafePointer<Double>

  @inline(__always)
  init(_ step: UnsafeRawPointer, _ registers: UnsafeMutableRawPointer) {
    self.step = step.assumingMemoryBound(to: FastStep.self)
    self.registers = UnsafePointer(registers.assumingMemoryBound(to: Double.self))
  }

  @inline(__always) var a: Double { registers[Int(step.pointee.a)] }
  @inline(__always) var b: Double { registers[Int(step.pointee.b)] }
  @inline(__always) var c: Double { registers[Int(step.pointee.c)] }
  @inline(__always) var d: Double { registers[Int(step.pointee.d)] }
}

extension FastStep {
  /// Does one operation and goes on.
  @inline(__always)
  static func go(
    _ step: UnsafeRawPointer, _ registers: UnsafeMutableRawPointer,
    _ target: UnsafeMutableRawPointer, _ operation: (Operands) -> Double
  ) -> Double {
    target.storeBytes(of: operation(Operands(step, registers)), as: Double.self)
    return proceed(step + MemoryLayout<FastStep>.stride, registers, target + 8)
  }

  @inline(__always)
  private static func proceed(
    _ step: UnsafeRawPointer, _ registers: UnsafeMutableRawPointer,
    _ target: UnsafeMutableRawPointer
  ) -> Double {
    step.assumingMemoryBound(to: FastStep.self).pointee.handler(step, registers, target)
  }

  @inline(__always)
  static func goCheck(
    _ step: UnsafeRawPointer, _ registers: UnsafeMutableRawPointer,
    _ target: UnsafeMutableRawPointer
  ) -> Double {
    let operands = Operands(step, registers)
    if operands.b != 0, !operands.a.isFinite { return .nan }
    return proceed(step + MemoryLayout<FastStep>.stride, registers, target)
  }

  @inline(__always)
  static func goElementary(
    _ step: UnsafeRawPointer, _ registers: UnsafeMutableRawPointer,
    _ target: UnsafeMutableRawPointer
  ) -> Double {
    let function = function(of: step.assumingMemoryBound(to: FastStep.self).pointee)
    return go(step, registers, target) { Arithmetic.elementary(function, $0.a).value }
  }

  @inline(__always)
  static func goCall(
    _ step: UnsafeRawPointer, _ registers: UnsafeMutableRawPointer,
    _ target: UnsafeMutableRawPointer
  ) -> Double {
    let header = step.assumingMemoryBound(to: FastStep.self)
    let count = Int(header.pointee.c)
    target.storeBytes(of: call(header, registers, count), as: Double.self)
    return proceed(
      step + (1 + (count + 3) / 4) * MemoryLayout<FastStep>.stride, registers, target + 8)
  }

  /// Gathers the operands of a call; only rare functions come here.
  @inline(never)
  private static func call(
    _ header: UnsafePointer<FastStep>, _ registers: UnsafeMutableRawPointer, _ count: Int
  ) -> Double {
    let values = registers.assumingMemoryBound(to: Double.self)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { arguments in
      guard let base = arguments.baseAddress else { return .nan }
      for index in 0..<count {
        let list = header[1 + index / 4]
        let register =
          switch index % 4 {
          case 0: list.a
          case 1: list.b
          case 2: list.c
          default: list.d
          }
        base[index] = values[Int(register)]
      }
      return Arithmetic.apply(function(of: header.pointee), base, count).value
    }
  }

  private static func function(of step: FastStep) -> Function {
    Function(rawValue: UInt8(truncatingIfNeeded: step.b)) ?? .plus
  }
}
