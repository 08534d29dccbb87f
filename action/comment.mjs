// Keeps one comment per pull request and report up to date: found again by a mark in it that a reader does not see.
import { readFileSync } from 'node:fs'

/** GitHub refuses longer comments. */
const lengthMax = 65_536
const pageSize = 100

const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH, GITHUB_TOKEN } = process.env
const mark = `<!-- seamproof: ${process.env.SEAMPROOF_COMMENT_KEY || 'report'} -->`

function pullRequestNumber() {
  if (!GITHUB_EVENT_PATH) return undefined
  const event = JSON.parse(readFileSync(GITHUB_EVENT_PATH, 'utf8'))
  return event.pull_request?.number
}

function commentBody() {
  const text = readFileSync(process.env.SEAMPROOF_MARKDOWN, 'utf8')
  const head = `${mark}\n`
  if (head.length + text.length <= lengthMax) return head + text
  const tail = '\n\n…cut here: the whole report is in the artifact of this run.\n'
  return head + text.slice(0, lengthMax - head.length - tail.length) + tail
}

async function request(method, path, body) {
  const response = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${GITHUB_TOKEN}`,
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok)
    throw new Error(
      `${method} ${path}: ${response.status} ${(await response.text()).slice(0, 200)}`,
    )
  return await response.json()
}

async function ownComment(number) {
  for (let page = 1; ; page++) {
    const comments = await request(
      'GET',
      `/issues/${number}/comments?per_page=${pageSize}&page=${page}`,
    )
    const own = comments.find(({ body }) => body?.startsWith(mark))
    if (own !== undefined || comments.length < pageSize) return own
  }
}

const number = pullRequestNumber()
if (number === undefined)
  console.log('seamproof: no pull request, so no comment; the table is in the job summary')
else
  try {
    const own = await ownComment(number)
    const body = commentBody()
    if (own === undefined) await request('POST', `/issues/${number}/comments`, { body })
    else await request('PATCH', `/issues/comments/${own.id}`, { body })
    console.log(
      `seamproof: the table is ${own === undefined ? 'a new comment' : 'up to date'} in #${number}`,
    )
  } catch (error) {
    // A fork's token may not comment. The verdict must not depend on it.
    console.log(
      `::warning::seamproof could not comment on #${number}: ${error.message}; give the job \`permissions: pull-requests: write\``,
    )
  }
