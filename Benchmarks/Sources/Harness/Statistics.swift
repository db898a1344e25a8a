/// A quantile of the values, by linear interpolation between the neighbours.
func quantile(_ values: [Double], _ share: Double) -> Double {
  let sorted = values.sorted()
  guard let last = sorted.last else { return .nan }
  let position = share * Double(sorted.count - 1)
  let index = Int(position)
  guard index + 1 < sorted.count else { return last }
  return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
}

func median(_ values: [Double]) -> Double { quantile(values, 0.5) }
