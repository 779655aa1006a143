// SPDX-License-Identifier: Apache-2.0

/**
 * Words that head every published list of leaked passwords, and what people make of them when twelve characters are
 * asked for. Digits and signs around a word, its repetition, digits that stand for letters and plain runs are recognised
 * by `checkPassword`, so each word here stands for thousands of passwords.
 */
export const COMMON: ReadonlySet<string> = new Set(
  `password passwords passwort passw pass passe contrasena senha motdepasse wachtwoord parola haslo
  passwordpassword mypassword thepassword newpassword oldpassword yourpassword password123password passwordone
  qwerty qwertz azerty qwertyuiop qwertyui qwertyqwerty asdfgh asdfghjkl asdf asdfasdf zxcvbn zxcvbnm zxcvbnmasdfghjkl
  qwertyuiopasdfghjkl qwertyuiopasdf qweasdzxc qweasd qazwsx qazwsxedc qazwsxedcrfv wsxedc poiuytrewq lkjhgfdsa
  qwertyuiop[] asdfghjkl;' zxcvbnm,./ 1qaz2wsx 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw2 zaq12wsx zaq12wsxcde3 !qaz2wsx
  1q2w3e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1q2w3e4r5t6y7u q1w2e3r4t5y6 q1w2e3r4 a1b2c3d4e5f6 a1s2d3f4 1a2b3c4d5e6f
  1234qwer qwer1234 1234qwerasdf qwerasdfzxcv qwer1234asdf asdf1234 12345qwert qwert12345 123qwe 123qweasd 123qweasdzxc
  abc123 abcd1234 abcdef abcdefg abcabc abcdabcd aabbcc aaabbbccc abcdefabcdef
  123456 1234567890 12345678910 123456789101 1234567891011 123456789123 123456789012 112233445566 102030405060
  123321123321 111222333444 147258369 147258369147 159357159357 741852963 789456123 789456123000 987654321 9876543210
  987654321012 123654789 010203040506 121212121212 131313131313 696969696969 101010101010 192837465 314159265358
  31415926535 271828182845 142536475869 246813579 135792468 1357924680 2468101214 123454321 1234512345 123412341234
  letmein letmeinnow letmeinplease iloveyou ilovehim iloveher iloveme iloveyoubaby iloveyoumore iloveyousomuch
  ilovemyself ilovejesus ilovegod iloveyouforever lovelove loveyou loveme lover lovers foreverlove
  welcome welcometo welcomehome welcomeback hello helloworld hellohello hello there hellokitty hellothere goodbye
  admin administrator administrador administrateur adminadmin adminpassword superadmin sysadmin systemadmin rootroot root
  toor superuser superman supervisor master masterkey mastermaster default defaultpassword changeme changemenow
  changethis changeit pleasechangeme temporary temppassword temp secret secrets secretpassword topsecret supersecret
  verysecret mysecret private access accessdenied guest guestguest user username test testing tester testtest
  testpassword testingtesting test123test demo demodemo example sample login loginlogin signin database server computer
  internet network system manager office company business enterprise security securepassword secure unlocked opensesame
  sesame open letitbe trustno trustnoone whatever whatsup nothing something everything unknown blank empty none
  monkey monkeymonkey dragon dragons dragonball dragonballz dragonfly football footballfootball baseball basketball
  soccer hockey softball volleyball liverpool liverpoolfc chelsea chelseafc arsenal arsenalfc manchester
  manchesterunited manutd barcelona fcbarcelona realmadrid juventus galatasaray fenerbahce besiktas
  sunshine mysunshine princess princesses prince queen angel angels babygirl babyboy baby sweetheart sweety sweetie
  honey darling lovely beautiful butterfly butterflies flower flowers rainbow rainbows unicorn unicorns
  michael michaeljordan jennifer jessica jordan ashley daniel david andrew anthony charlie thomas nicole robert
  matthew joshua justin william alexander alexandra elizabeth christopher christian christina victoria samantha
  shadow shadows batman spiderman superstar starwars startrek pokemon pikachu naruto narutouzumaki minecraft fortnite
  roblox playstation nintendo xbox gameover gamer gaming counterstrike callofduty worldofwarcraft warcraft
  mustang ferrari porsche mercedes mercedesbenz harley harleydavidson corvette camaro ranger hunter killer
  summer summertime winter autumn spring january february march april june july august september october november
  december monday tuesday wednesday thursday friday saturday sunday season summerwinter springsummer
  winteriscoming maytheforcebewithyou correcthorsebatterystaple correcthorse batterystaple thequickbrownfox
  thequickbrown quickbrownfox tobeornottobe iamyourfather toinfinityandbeyond hakunamatata carpediem
  mississippi california newyork newyorkcity london paris berlin america american canada australia germany
  jesus jesuschrist jesuslovesme jesusislord jesussaves jesusisking christ blessed blessing faith heaven
  godisgood godislove godisgreat inshallah bismillah alhamdulillah
  freedom freedomfreedom liberty peace peaceandlove happy happiness happyday happybirthday birthday family familyfirst
  mother father mommy daddy sister brother friend friends friendship bestfriend bestfriends boyfriend girlfriend
  chocolate cookie cookies cheese banana bananas orange apple pepper ginger coffee pizza chicken
  computer1 samsung samsunggalaxy iphone android google googlegoogle facebook facebookfacebook instagram youtube twitter
  microsoft windows linux ubuntu apple123 amazon netflix whatsapp linkedin yahoo hotmail gmail
  unbelievable incredible fantastic impossible possible forever forevermore forgetme forgetmenot forgotpassword forgot
  idontknow idontcare ihateyou iamthebest iamking iamawesome thebest number numberone bigboss boss thankyou
  fuckyou fuckyoufuckyou fuckoff fuckme motherfucker asshole bitch bullshit pussy
  assay assayassay auditor auditors audit compliance compliancemanager evidence soctwo socii readiness`
    .split(/\s+/)
    .filter((word) => word !== ''),
)
