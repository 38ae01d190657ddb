/** Builds `dist/` before the tests: worker threads and the command run what ships, not the sources. */
import { execFileSync } from 'node:child_process'

export default (): void => {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
}
