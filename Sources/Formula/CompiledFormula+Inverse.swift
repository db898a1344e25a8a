extension CompiledFormula {
  /// The formula that finds `input` for a wanted result, for writing set-points.
  ///
  /// ```
  /// let scale = try CompiledFormula("raw * 0.1 - 40")
  /// let inverse = try scale.inverse(for: "raw")
  /// try inverse.evaluate(["result": 11.2])   // 512
  /// ```
  ///
  /// The formula must be linear in that input: sums, differences, products and quotients with what does not
  /// hold it, `scale`, `lerp`, `avg`. The other inputs stay inputs. The division by the factor is
  /// done last, so it fails where the factor is zero. Rounding makes the way there and back exact to a few
  /// units in the last place only.
  /// - Parameters:
  ///   - input: The dependency to find, by name.
  ///   - result: The name that the wanted result gets in the new formula.
  /// - Throws: ``FormulaError``: ``FormulaError/Code/notInvertible`` at what is not linear,
  ///   ``FormulaError/Code/unknownName`` if the formula does not read `input`.
  public func inverse(
    for input: String, result: String = "result"
  ) throws(FormulaError) -> CompiledFormula {
    let text: String
    do throws(Complaint) {
      guard let slot = dependencies.firstIndex(where: { $0.name == input }) else {
        throw Complaint(
          .unknownName, "the formula does not read '\(input)'", at: 0, length: 0)
      }
      guard !dependencies.contains(where: { $0.name == result && $0.name != input }) else {
        throw Complaint(
          .unknownName, "the formula already reads something named '\(result)'", at: 0, length: 0)
      }
      var algebra = AffineAlgebra(
        slot: slot, name: input, text: ExpressionText(inputs: dependencies))
      guard let form = try program.exact.fold(&algebra), let factor = form.factor else {
        throw Complaint(
          .notInvertible, "the result does not depend on '\(input)'", at: 0, length: 0)
      }
      let moved = form.offset == "0" ? result : "\(result) - (\(form.offset))"
      text = factor == "1" ? moved : "(\(moved)) / (\(factor))"
    } catch {
      throw FormulaError(error, in: source)
    }
    var options = FormulaOptions(names: Set(dependencies.map(\.name)).union([result]))
    options.limits.sourceLength = 65_536
    options.limits.depth = 4_096
    options.limits.nodes = 16_384
    return try CompiledFormula(text, options: options)
  }
}
