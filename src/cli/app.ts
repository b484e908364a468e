import { buildApplication, buildCommand, buildRouteMap, text_en } from '@stricli/core';
import type { Application, Command } from '@stricli/core';
import type { CliContext } from './context.ts';
import { COMMON_FLAGS, LIST_FLAGS } from './flags.ts';
import type { CommonFlags, ListFlags } from './flags.ts';
import { usageError } from './usage.ts';

function word(input: string): string {
  return input;
}

/** Stricli hands a command its context as `this`; ours take it as their first argument. */
function withContext<F, A extends readonly string[]>(
  command: (context: CliContext, flags: F, words: A) => Promise<void>,
): (this: CliContext, flags: F, ...words: A) => Promise<void> {
  return function run(this: CliContext, flags: F, ...words: A) {
    return command(this, flags, words);
  };
}

const names = {
  kind: 'array',
  parameter: { brief: 'Name, ID or beginning of an ID', parse: word, placeholder: 'NAME' },
} as const;

const overview: Command<CliContext> = buildCommand<CommonFlags, string[], CliContext>({
  loader: async () => {
    const { overviewCommand } = await import('./commands/overview.ts');
    return withContext((context, flags, words) => overviewCommand(context, flags, words));
  },
  parameters: { flags: COMMON_FLAGS, positional: names },
  docs: { brief: 'This host: every store found and what it holds', customUsage: ['[flags]'] },
});

const containers: Command<CliContext> = buildCommand<ListFlags, string[], CliContext>({
  loader: async () => {
    const { containersCommand } = await import('./commands/containers.ts');
    return withContext((context, flags, words) => containersCommand(context, flags, words));
  },
  parameters: { flags: LIST_FLAGS, positional: names },
  docs: {
    brief: 'What each container wrote and its total, like docker ps -as',
    fullDescription: [
      'Containers: what each wrote (SIZE RW) and image and container together',
      '(ROOT FS), as docker ps -as gives them, from disk.',
      '',
      '--sort   name, image, state, created, size, rootfs',
      '--filter name=, image=, state=, id=, store=   (text that it holds)',
    ].join('\n'),
    customUsage: ['[flags] [NAME...]'],
  },
});

const images: Command<CliContext> = buildCommand<
  ListFlags & { readonly all?: boolean },
  string[],
  CliContext
>({
  loader: async () => {
    const { imagesCommand } = await import('./commands/images.ts');
    return withContext((context, flags, words) => imagesCommand(context, flags, words));
  },
  parameters: {
    flags: {
      all: { kind: 'boolean', brief: 'Intermediate images too', optional: true, withNegated: false },
      ...LIST_FLAGS,
    },
    aliases: { a: 'all' },
    positional: names,
  },
  docs: {
    brief: 'Images: size, shared, unique, containers; like docker images',
    fullDescription: [
      'Images: size as the engine gives it, what of it other images share, what is',
      'its own, and how many containers use it. No directory is walked.',
      '',
      '--sort   name, created, size, shared, unique, containers',
      '--filter name=, id=, store=, dangling=true|false, unused=true|false',
    ].join('\n'),
    customUsage: ['[flags] [NAME...]'],
  },
});

const df: Command<CliContext> = buildCommand<CommonFlags & { readonly verbose?: boolean }, [], CliContext>({
  loader: async () => {
    const { dfCommand } = await import('./commands/df.ts');
    return withContext((context, flags) => dfCommand(context, flags));
  },
  parameters: {
    flags: {
      verbose: {
        kind: 'boolean',
        brief: 'Each image, container, volume and cache record',
        optional: true,
        withNegated: false,
      },
      ...COMMON_FLAGS,
    },
    aliases: { v: 'verbose' },
  },
  docs: {
    brief: "Docker's totals beside what can go, like docker system df",
    customUsage: ['[-v] [flags]'],
  },
});

const explain: Command<CliContext> = buildCommand<CommonFlags, [string], CliContext>({
  loader: async () => {
    const { explainCommand } = await import('./commands/explain.ts');
    return withContext((context, flags, words) => explainCommand(context, flags, words[0] ?? ''));
  },
  parameters: {
    flags: COMMON_FLAGS,
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'A container or image (container:NAME, image:NAME force which), or df',
          parse: word,
          placeholder: 'NAME',
        },
      ],
    },
  },
  docs: {
    brief: 'How each number of a container, an image or df came about',
    customUsage: ['[flags] NAME', '[flags] df'],
  },
});

const completion: Command<CliContext> = buildCommand<Pick<CommonFlags, 'debug'>, [string], CliContext>({
  loader: async () => {
    const { completionCommand } = await import('./commands/completion.ts');
    return withContext((context, _flags, words) => completionCommand(context, words[0] ?? ''));
  },
  parameters: {
    flags: { debug: COMMON_FLAGS.debug },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'bash, zsh or fish', parse: word, placeholder: 'SHELL' }],
    },
  },
  docs: { brief: 'A script for your shell that completes commands and flags', customUsage: ['SHELL'] },
});

/** By name; `weigh` alone is the overview. */
export const COMMANDS: Readonly<Record<string, Command<CliContext>>> = {
  containers,
  images,
  df,
  explain,
  completion,
};

/** The whole command line. `fail` gets every error that Stricli would print by itself. */
export function buildApp(fail: (error: unknown) => void): Application<CliContext> {
  const routes = buildRouteMap<string, CliContext>({
    routes: { overview, ...COMMANDS },
    defaultCommand: 'overview',
    docs: {
      brief: 'How big container images, containers and stores really are',
      hideRoute: { overview: true },
    },
  });
  const told = (error: unknown): string => {
    fail(error);
    return '';
  };
  return buildApplication(routes, {
    name: 'weigh',
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: {
      caseStyle: 'convert-camel-to-kebab',
      disableAnsiColor: true,
      onlyRequiredInUsageLine: true,
    },
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: ({ input }) => told(usageError(`no command ${input}`)),
        exceptionWhileParsingArguments: (error) => told(usageError(error)),
        exceptionWhileLoadingCommandFunction: told,
        exceptionWhileLoadingCommandContext: told,
        exceptionWhileRunningCommand: told,
        commandErrorResult: told,
      },
    },
  });
}
