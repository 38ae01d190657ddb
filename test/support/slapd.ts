/** A real OpenLDAP server with some people, where the program is installed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { findProgram, freePort, makeServerDir, NOBODY } from './private-databases.ts'
import { until } from './until.ts'

const PROGRAM = 'slapd'

export const SLAPD = {
  title: 'OpenLDAP',
  missing: (): Promise<string | undefined> =>
    Promise.resolve(findProgram(PROGRAM) === undefined ? `${PROGRAM} is not installed` : undefined),
}

export const BASE = 'ou=people,dc=example,dc=com'

/** Of the account that may search, and of nobody else. */
export const ACCOUNT = { dn: 'cn=hook,dc=example,dc=com', password: 'may search' }

export const PASSWORD = 'open sesame'

/** Wrong passwords after which an account is locked. */
export const LOCKOUT = 3

/** People called `many-0` and so on. */
export const CROWD = 75

const config = (dir: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile ${dir}/pid
TLSCertificateFile ${dir}/slapd.crt
TLSCertificateKeyFile ${dir}/slapd.key
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${ACCOUNT.dn}" read by * none
database mdb
suffix "dc=example,dc=com"
rootdn "cn=root,dc=example,dc=com"
directory ${dir}/data
overlay ppolicy
ppolicy_default "cn=policy,dc=example,dc=com"
ppolicy_use_lockout
`

const person = (name: string, attributes: Readonly<Record<string, string>>): string =>
  [
    `dn: cn=${name},${BASE}`,
    'objectClass: inetOrgPerson',
    `cn: ${name}`,
    'sn: person',
    ...Object.entries({ userPassword: PASSWORD, ...attributes }).map(([key, value]) =>
      /^[ -~]*$/.test(value)
        ? `${key}: ${value}`
        : `${key}:: ${Buffer.from(value).toString('base64')}`,
    ),
  ].join('\n')

const PEOPLE = [
  person('Anna Bell', { mail: 'Anna@example.com', uid: 'anna' }),
  person('lock', { mail: 'lock@example.com' }),
  person('left', { mail: 'left@example.com', employeeType: 'left' }),
  person('twin one', { mail: 'twin@example.com' }),
  person('twin two', { uid: 'twin@example.com' }),
  person('umlaut', { uid: 'zoë' }),
  person('odd\\, name', { uid: 'odd' }),
  ...Array.from({ length: CROWD }, (_, at) => person(`many ${at}`, { uid: `many-${at}` })),
]

const LDIF = `dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ${BASE}
objectClass: organizationalUnit
ou: people

dn: ou=elsewhere,${BASE}
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:9/ou=elsewhere,${BASE}

dn: ${ACCOUNT.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: hook
userPassword: ${ACCOUNT.password}

dn: cn=policy,dc=example,dc=com
objectClass: pwdPolicy
objectClass: organizationalRole
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: ${LOCKOUT}

${PEOPLE.join('\n\n')}
`

export interface Slapd {
  readonly port: number
  readonly tlsPort: number
  readonly ca: string
  /** Makes it hang, each of its threads, until `resume`. */
  stop(): Promise<void>
  resume(): void
  /** Ends it, and starts it on the same ports. */
  restart(): Promise<void>
  remove(): Promise<void>
}

const listens = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy())
}

/** A signal is sent before it is taken: a thread that still runs would answer. */
const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) =>
    /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')),
  )

export const startSlapd = async (): Promise<Slapd> => {
  const [dir, port, tlsPort] = [makeServerDir(), await freePort(), await freePort()]
  const { certFile } = makeCertificate(dir, PROGRAM)
  chmodSync(join(dir, 'slapd.key'), 0o644)
  mkdirSync(join(dir, 'data'))
  chmodSync(join(dir, 'data'), 0o777)
  const [conf, ldif] = [join(dir, 'slapd.conf'), join(dir, 'people.ldif')]
  writeFileSync(conf, config(dir))
  writeFileSync(ldif, LDIF)
  const program = findProgram(PROGRAM) ?? PROGRAM
  const added = spawnSync(program, ['-T', 'add', '-f', conf, '-l', ldif], NOBODY)
  if (added.status !== 0) throw new Error(`slapadd: ${added.stderr.toString()}`)
  let child: ChildProcess

  const up = async (): Promise<void> => {
    const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`
    const started = spawn(program, ['-d', '0', '-f', conf, '-h', urls], {
      ...NOBODY,
      stdio: 'ignore',
    })
    child = started
    await until(`${PROGRAM} listens`, () => {
      if (started.exitCode !== null) throw new Error(`${PROGRAM} ended with ${started.exitCode}`)
      return listens(port)
    })
  }
  const down = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await up()
  return {
    port,
    tlsPort,
    ca: readFileSync(certFile, 'utf8'),
    stop: async () => {
      child.kill('SIGSTOP')
      await until(`${PROGRAM} is stopped`, () => isStopped(Number(child.pid)))
    },
    resume: () => void child.kill('SIGCONT'),
    restart: async () => {
      await down()
      await up()
    },
    remove: async () => {
      await down()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
