import { Command, Option } from 'commander'
import { addCaptureOptions, type CaptureOptions } from './capture-options.js'
import { checkLayer } from './check-layer.js'
import { addLayerOptions, type LayerOptions } from './layer-options.js'
import { durationMs, oneOf, wholeNumber } from './option-values.js'
import { programAfterSeparator } from './track.js'

export interface CheckOptions extends CaptureOptions, LayerOptions {
  with?: 'layer'
  out?: string
  force?: boolean
  timeout?: number
  operations?: number
  rounds?: number
  only?: string
  node?: string
  limit?: number
}

const examples = `
Examples:
  $ seamproof check --with layer -- node app.js       every rule of Node-API, on any program
  $ seamproof check --with layer resize.seam.ts       a workload in rounds: what piles up is seen too
  $ seamproof check --with layer --rule SEAM-REF --addon sharp -- node app.js

Exits 1 when an error was found, or when there was nothing to look at. Each rule has a page in docs/rules.`

export function checkCommand(): Command {
  const whole = (min: number, max: number) => wholeNumber({ min, max })
  return addLayerOptions(addCaptureOptions(new Command('check')))
    .description('Hold the native code of a program or a workload to the rules of Node-API.')
    .usage('[options] -- program [arguments…]\n       seamproof check [options] [file.seam.ts…]')
    .argument('[files...]', 'workload files; or, after --, a program and its arguments')
    .addOption(
      new Option(
        '--with <instrument>',
        'layer: every Node-API call is checked (default: layer)',
      ).argParser(oneOf(['layer'] as const)),
    )
    .option('-o, --out <folder>', 'where the capture goes (default: NAME-TIME.seamproof)')
    .option('--force', 'replace a capture that is there already')
    .option('--timeout <time>', 'stop the subject after this time, such as 90s', durationMs)
    .option('--limit <count>', 'how many findings to show in full (default: 20)', whole(1, 100_000))
    .optionsGroup('Workloads:')
    .option('--rounds <count>', 'measured rounds (default: 6)', whole(4, 1000))
    .option('--operations <count>', 'operations per round', whole(1, 100_000_000))
    .option('--only <name>', 'run only the workload of this name')
    .option('--node <path>', 'the Node that runs the workload (default: this one)')
    .addHelpText('after', examples)
    .action(async (operands: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CheckOptions>()
      const program = programAfterSeparator(process.argv, operands)
      process.exitCode = await checkLayer(program, operands, options)
    })
}
