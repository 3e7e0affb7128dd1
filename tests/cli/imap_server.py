# SPDX-License-Identifier: MIT
"""imap_server.py - a real IMAP server on the loopback: GreenMail. Its jar comes by Maven, once, into build/greenmail."""

import imaplib
import os
import shutil
import ssl
import subprocess
import tempfile

from harness import ROOT, Failed, Skipped, free_port, wait_until

VERSION = '2.1.3'
USER, PASSWORD = 'care', 'open-sesame-17'


def jar():
    folder = os.path.join(ROOT, 'build', 'greenmail', VERSION)
    path = os.path.join(folder, f'greenmail-standalone-{VERSION}.jar')
    if os.path.exists(path):
        return path
    if not shutil.which('mvn') or not shutil.which('java'):
        raise Skipped('GreenMail needs Maven and Java: apt-get install maven openjdk-17-jdk-headless')
    with tempfile.TemporaryDirectory(prefix='earshot-test-') as tmp:
        got = subprocess.run(['mvn', '-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy',
                              f'-Dartifact=com.icegreen:greenmail-standalone:{VERSION}', f'-DoutputDirectory={tmp}'],
                             cwd=tmp, capture_output=True, timeout=600, text=True)
        if got.returncode:
            raise Skipped('GreenMail cannot be had by Maven: ' + (got.stdout + got.stderr)[:300].replace('\n', ' '))
        os.makedirs(folder, exist_ok=True)
        shutil.move(os.path.join(tmp, os.path.basename(path)), path)
    return path


def certificate(folder):
    """A certificate for localhost, its key, both as PKCS 12."""
    cert, key, store = (os.path.join(folder, name) for name in ('cert.pem', 'key.pem', 'store.p12'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
                   check=True, capture_output=True)
    subprocess.run(['openssl', 'pkcs12', '-export', '-in', cert, '-inkey', key, '-out', store, '-passout', 'pass:changeit'],
                   check=True, capture_output=True)
    return cert, key, store


class Mailbox:
    """One user, USER with PASSWORD; `port` speaks TLS with the certificate `cert`, `plain` does not."""

    def __init__(self, folder):
        self.cert, _, store = certificate(folder)
        self.port, self.plain = free_port(), free_port()
        options = {'greenmail.imap.hostname': '127.0.0.1', 'greenmail.imap.port': self.plain,
                   'greenmail.imaps.hostname': '127.0.0.1', 'greenmail.imaps.port': self.port,
                   'greenmail.users': f'{USER}:{PASSWORD}@moruva.example', 'greenmail.users.login': 'local_part',
                   'greenmail.tls.keystore.file': store, 'greenmail.tls.keystore.password': 'changeit'}
        self.process = subprocess.Popen(['java', '-Xmx256m', *(f'-D{k}={v}' for k, v in options.items()), '-jar', jar()],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(self.answers, 'GreenMail answers', 60)
        except BaseException:
            self.stop()
            raise

    def answers(self):
        if self.process.poll() is not None:
            raise Failed('GreenMail ended')
        try:
            self.login().logout()
            return True
        except (OSError, imaplib.IMAP4.error):
            return False

    def login(self):
        box = imaplib.IMAP4_SSL('127.0.0.1', self.port, ssl_context=ssl.create_default_context(cafile=self.cert))
        box.login(USER, PASSWORD)
        return box

    def add(self, *mails, mailbox='INBOX'):
        box = self.login()
        for mail in mails:
            mail = mail.encode() if isinstance(mail, str) else mail
            if box.append(mailbox, None, None, mail)[0] != 'OK':
                raise Failed('GreenMail takes no mail')
        box.logout()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
