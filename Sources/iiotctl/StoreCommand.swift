internal import ArgumentParser

/// The noun `store`.
struct StoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Looks into store-and-forward buffers, checks and moves them.",
    discussion: """
      Example:
        iiotctl store inspect data/buffer
      """,
    subcommands: [
      StoreInspect.self, StoreVerify.self, StoreTail.self, StoreExport.self, StoreImport.self,
      StoreSoak.self,
    ])
}
