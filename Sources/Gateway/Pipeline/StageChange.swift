internal import Formula
internal import IndustrialModel

/// What stages are made of, on its way to the lane, in its place among the samples.
final class StageChange: Sendable {
  private let formulas: [FormulaSet.Member]
  private let rules: [ProcessingRule]
  private let names: [String]
  private let forms: TagForms
  private let memory: FormulaMemory?
  private let board: StatusBoard?

  init(
    _ formulas: [FormulaSet.Member], rules: [ProcessingRule], names: [String], forms: TagForms,
    memory: FormulaMemory? = nil, board: StatusBoard? = nil
  ) {
    self.memory = memory
    self.board = board
    self.forms = forms
    self.formulas = formulas
    self.rules = rules
    self.names = names
  }

  func makeStages(tags: TagRegistry) -> Stages {
    Stages(
      formulas, rules: rules, names: names, forms: forms, memory: memory, board: board,
      tags: tags)
  }
}
