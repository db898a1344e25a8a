public import ArgumentParser
public import Sinks

extension SampleFormat: ExpressibleByArgument {}

/// `--format`, shared by all commands that print samples.
struct OutputOptions: ParsableArguments {
  @Option(
    help: "How to print: table, csv, jsonl or influx (default: table on a terminal, else jsonl).")
  var format: SampleFormat?

  /// What was asked for, or what suits where the output goes.
  var chosen: SampleFormat { format ?? (StandardOutput.isTerminal ? .table : .jsonl) }
}
