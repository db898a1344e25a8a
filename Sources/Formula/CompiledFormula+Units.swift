extension CompiledFormula {
  /// Checks that the units of the inputs go together, so that bar + Cel is found before it costs money.
  ///
  /// Units are UCUM codes (`bar`, `Cel`, `m3/h`, `kW.h`, `%`). Inputs without a unit fit everything, and
  /// so do numbers: `t > 55` is about 55 of whatever `t` is in. What was multiplied by a number keeps
  /// its dimension, as the number may convert. Temperatures on a scale (`Cel`, `[degF]`) may be
  /// subtracted from each other, which gives a difference, but not added.
  ///
  /// - Parameters:
  ///   - units: UCUM codes by input name.
  ///   - result: The UCUM code that the result should have; nil for any.
  /// - Throws: ``FormulaError`` (``FormulaError/Code/unit``) at the operator whose operands do not fit, or
  ///   about a code that is not known.
  public func checkUnits(
    _ units: [String: String], result: String? = nil
  ) throws(FormulaError) {
    do throws(Complaint) {
      var known: [Unit?] = []
      for (slot, dependency) in dependencies.enumerated() {
        guard let code = units[dependency.name] else {
          known.append(nil)
          continue
        }
        guard let unit = UnitParser.parse(code) else {
          throw program.unitComplaint("'\(code)' is no UCUM unit known here", slot: slot)
        }
        known.append(unit)
      }
      var algebra = UnitAlgebra(units: known)
      let quantity = try program.exact.fold(&algebra)
      guard let result else { return }
      guard let wanted = UnitParser.parse(result) else {
        throw Complaint(.unit, "'\(result)' is no UCUM unit known here", at: 0, length: 0)
      }
      guard case .unit(let unit) = quantity else { return }
      guard unit.fits(wanted) else {
        throw Complaint(
          .unit, "the result is in \(unit.code), not in \(result)", at: 0,
          length: source.utf8.count)
      }
    } catch {
      throw FormulaError(error, in: source)
    }
  }
}

extension Program {
  /// A complaint at the first use of an input.
  fileprivate func unitComplaint(_ message: String, slot: Int) -> Complaint {
    let use = tree.nodes.first { $0.kind == .input && Int($0.slot) == slot }
    return Complaint(
      .unit, message, at: Int(use?.offset ?? 0), length: Int(use?.length ?? 0))
  }
}
