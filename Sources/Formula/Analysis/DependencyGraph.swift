/// Which of a set's formulas use which, by index.
struct DependencyGraph {
  let uses: [[Int]]

  private enum Mark { case new, open, done }

  /// The indices, each after those it uses, and the first cycle found (empty if there is none).
  ///
  /// Depth first with a stack of its own, so that a chain of thousands does no harm.
  func order() -> (order: [Int], cycle: [Int]) {
    var marks = [Mark](repeating: .new, count: uses.count)
    var order: [Int] = []
    for start in uses.indices where marks[start] == .new {
      var path: [(index: Int, next: Int)] = [(start, 0)]
      marks[start] = .open
      while let top = path.last {
        if top.next < uses[top.index].count {
          path[path.count - 1].next += 1
          let used = uses[top.index][top.next]
          if marks[used] == .open {
            let cycle = path.drop { $0.index != used }.map(\.index)
            return (order, cycle)
          }
          if marks[used] == .new {
            marks[used] = .open
            path.append((used, 0))
          }
        } else {
          marks[top.index] = .done
          order.append(top.index)
          path.removeLast()
        }
      }
    }
    return (order, [])
  }
}
