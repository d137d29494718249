import { refused } from './confine.ts'

export type FileUse = 'read' | 'write'

/** Secrets: neither read nor written. */
const secret = [
  /^\.env(?:rc|[.-].*)?$/,
  /^.*\.(?:key|pem|p12|pfx|jks|keystore|kdbx|env)$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519).*$/,
  /^\.(?:npmrc|yarnrc|yarnrc\.yml|netrc|pypirc|pgpass|my\.cnf|git-credentials|htpasswd|vault-token)$/,
  /^\.(?:dockercfg|boto|s3cfg|terraformrc|.*_history)$/,
  /^(?:client[-_]?)?(?:secrets?|credentials?)(?:\.(?:json|ya?ml|toml|ini|xml|properties|txt|db))$/,
  /^service[-_]?account.*\.json$/,
  /^.*\.(?:ppk|gpg|tfstate|tfvars)(?:\.backup)?$/,
  /^_netrc$/,
  /^(?:concord|knowledge)\.db.*$/,
]
/** Folders with nothing but secrets, or what this program keeps. */
const secretFolders = new Set(
  '.concord .ssh .gnupg .aws .azure .gcloud .kube .docker .m2 .gem .terraform.d'.split(' '),
)

/** Below `.config`: what holds tokens of its program. */
const configWithSecrets = new Set('gh glab hub gcloud rclone op'.split(' '))

/** Read, yet never written: another program executes it, or takes its settings from it. */
const executed = [
  /^concord\.config\..*$/,
  /^(?:package|package-lock|npm-shrinkwrap|deno|bun|jsr)\.jsonc?$/,
  /^(?:yarn|pnpm-lock|bun|deno|cargo|poetry|uv|composer|gemfile)\.(?:lock|yaml|lockb)$/,
  /^\.(?:bash|zsh|k?sh|csh|tcsh|fish)(?:rc|env|_profile|_login|_logout)$/,
  /^\.(?:z?profile|zlogin|zlogout|gitconfig|gitmodules|gitattributes|vimrc|exrc|pythonrc|inputrc)$/,
  /^\.(?:bash_aliases|bash_logout|xinitrc|xprofile|tmux\.conf|irbrc|rprofile|gdbinit|lldbinit|hgrc|mailcap)$/,
  /^(?:sitecustomize|usercustomize|conftest|setup|noxfile)\.py$/,
  /^.*\.pth$/,
  // Builds, tests and checks that people run without a look at what they say.
  /^(?:gnu|bsd)?makefile$/,
  /^(?:justfile|rakefile|gemfile|jenkinsfile|procfile|vagrantfile|dockerfile.*|.*\.dockerfile|build\.rs)$/,
  /^(?:.*\.mk|cmakelists\.txt|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|pom\.xml|build\.xml)$/,
  /^(?:taskfile|(?:docker-)?compose.*|lefthook|\.gitlab-ci|\.travis|azure-pipelines|cloudbuild)\.ya?ml$/,
  /^(?:\.pre-commit-config|pnpm-workspace|\.lefthook|\.appveyor|appveyor|buildspec)\.ya?ml$/,
  /^(?:pyproject|cargo|bunfig|\.?mise|netlify|fly|wrangler)\.toml$/,
  /^(?:setup\.cfg|tox\.ini|pytest\.ini|nodemon\.json|\.nvmrc|\.tool-versions|\.node-version|\.mcp\.json)$/,
  /^(?:tsconfig.*\.json|\.pnpmfile\.[cm]?js|\..*rc\.[cm]?[jt]s|.*\.config\.[cm]?[jt]s)$/,
]
const executedFolders = new Set(
  '.git .hg .svn .husky .github .gitlab .circleci .vscode .idea .devcontainer .config .cargo .yarn .claude .cursor node_modules'.split(
    ' ',
  ),
)

/** Names that a file system takes for the same: case, widths, characters that do not show, what Windows drops. */
const folded = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '')
    .toLowerCase()

const isSecret = (names: readonly string[]): boolean =>
  names.some((name) => secretFolders.has(name) || secret.some((each) => each.test(name))) ||
  (names.includes('.git') && names.at(-1) === 'config') ||
  (names.includes('.config') && names.some((name) => configWithSecrets.has(name)))

const isExecuted = (names: readonly string[]): boolean =>
  names.some((name) => executedFolders.has(name)) || executed.some((each) => each.test(names.at(-1) ?? ''))

/** Whether file tools leave a path alone: its segments below the root, links resolved. */
export const isProtected = (
  segments: readonly string[],
  use: FileUse,
  allowed: readonly string[] = [],
): boolean => {
  if (allowed.includes(segments.join('/'))) return false
  const names = segments.map(folded)
  return isSecret(names) || (use === 'write' && isExecuted(names))
}

/** Throws `tool.forbidden` for a protected path. */
export const refuseProtected = (
  segments: readonly string[],
  use: FileUse,
  allowed: readonly string[] = [],
): void => {
  if (!isProtected(segments, use, allowed)) return
  const path = segments.join('/')
  throw refused(
    path,
    use === 'read'
      ? 'files with secrets are not read'
      : 'files that hold secrets or are executed are not written',
    `it resolves to ${JSON.stringify(path.slice(0, 200))}`,
    'use another, or allow this one by name (allowProtected)',
  )
}
