/// The memory of the exact evaluator: a stack of values with their qualities, and one of open branches.
struct ExactStack {
  let values: UnsafeMutablePointer<Double>
  let qualities: UnsafeMutablePointer<UInt32>
  /// The quality of the path outside each open branch.
  let branches: UnsafeMutablePointer<UInt32>

  init(depth: Int, branches branchDepth: Int) {
    values = .allocate(capacity: depth + 1)
    values.initialize(repeating: 0, count: depth + 1)
    qualities = .allocate(capacity: depth + 1)
    qualities.initialize(repeating: 0, count: depth + 1)
    branches = .allocate(capacity: branchDepth + 1)
    branches.initialize(repeating: 0, count: branchDepth + 1)
  }

  func deallocate() {
    values.deallocate()
    qualities.deallocate()
    branches.deallocate()
  }
}
