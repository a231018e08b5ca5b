"""Cloud regions and the metro each one stands in, kept by hand from the providers' public lists of regions.

A `!` after a metro marks a place the provider does not name (it names a state or country only): inferred, badge assumed.
"""

AWS = """
us-east-1 Ashburn|us-east-2 Columbus!|us-west-1 San Jose!|us-west-2 Boardman!|ca-central-1 Montreal|ca-west-1 Calgary
mx-central-1 Queretaro!|sa-east-1 Sao Paulo|eu-west-1 Dublin!|eu-west-2 London|eu-west-3 Paris|eu-central-1 Frankfurt
eu-central-2 Zurich|eu-north-1 Stockholm|eu-south-1 Milan|eu-south-2 Zaragoza!|me-south-1 Manama!|me-central-1 Dubai!
il-central-1 Tel Aviv|af-south-1 Cape Town|ap-south-1 Mumbai|ap-south-2 Hyderabad|ap-southeast-1 Singapore
ap-southeast-2 Sydney|ap-southeast-3 Jakarta|ap-southeast-4 Melbourne|ap-southeast-5 Kuala Lumpur!|ap-southeast-6 Auckland!
ap-southeast-7 Bangkok!|ap-east-1 Hong Kong|ap-east-2 Taipei|ap-northeast-1 Tokyo|ap-northeast-2 Seoul
ap-northeast-3 Osaka|cn-north-1 Beijing|cn-northwest-1 Zhongwei|us-gov-west-1 Boardman!|us-gov-east-1 Columbus!
"""
AZURE = """
eastus Ashburn!|eastus2 Boydton!|centralus Des Moines|northcentralus Chicago!|southcentralus San Antonio!
westcentralus Cheyenne!|westus San Jose!|westus2 Quincy!|westus3 Phoenix|canadacentral Toronto|canadaeast Quebec City
mexicocentral Queretaro|brazilsouth Sao Paulo|brazilsoutheast Rio de Janeiro|chilecentral Santiago
northeurope Dublin!|westeurope Amsterdam!|uksouth London|ukwest Cardiff|francecentral Paris|francesouth Marseille
germanywestcentral Frankfurt|germanynorth Berlin|switzerlandnorth Zurich|switzerlandwest Geneva|norwayeast Oslo!
norwaywest Stavanger!|swedencentral Gavle|polandcentral Warsaw|italynorth Milan|spaincentral Madrid|austriaeast Vienna
belgiumcentral Brussels|israelcentral Tel Aviv!|qatarcentral Doha|uaenorth Dubai|uaecentral Abu Dhabi
southafricanorth Johannesburg|southafricawest Cape Town|eastasia Hong Kong|southeastasia Singapore|japaneast Tokyo
japanwest Osaka|koreacentral Seoul|koreasouth Busan|centralindia Pune|southindia Chennai|westindia Mumbai
indonesiacentral Jakarta|malaysiawest Kuala Lumpur|australiaeast Sydney!|australiasoutheast Melbourne!
australiacentral Canberra|newzealandnorth Auckland|chinaeast Shanghai|chinanorth Beijing
"""
GCP = """
us-central1 Council Bluffs|us-east1 Moncks Corner|us-east4 Ashburn|us-east5 Columbus|us-south1 Dallas|us-west1 The Dalles
us-west2 Los Angeles|us-west3 Salt Lake City|us-west4 Las Vegas|northamerica-northeast1 Montreal
northamerica-northeast2 Toronto|northamerica-south1 Queretaro|southamerica-east1 Sao Paulo|southamerica-west1 Santiago
europe-west1 Saint-Ghislain|europe-west2 London|europe-west3 Frankfurt|europe-west4 Eemshaven|europe-west6 Zurich
europe-west8 Milan|europe-west9 Paris|europe-west10 Berlin|europe-west12 Turin|europe-southwest1 Madrid
europe-north1 Hamina|europe-north2 Stockholm|europe-central2 Warsaw|me-west1 Tel Aviv|me-central1 Doha
me-central2 Dammam|africa-south1 Johannesburg|asia-east1 Changhua|asia-east2 Hong Kong|asia-northeast1 Tokyo
asia-northeast2 Osaka|asia-northeast3 Seoul|asia-south1 Mumbai|asia-south2 Delhi|asia-southeast1 Singapore
asia-southeast2 Jakarta|australia-southeast1 Sydney|australia-southeast2 Melbourne
"""
IBM = """
us-south Dallas|us-east Washington|ca-tor Toronto|ca-mon Montreal|br-sao Sao Paulo|eu-gb London|eu-de Frankfurt
eu-es Madrid|eu-fr2 Paris|jp-tok Tokyo|jp-osa Osaka|au-syd Sydney|in-che Chennai|in-mum Mumbai
"""
PROVIDERS = [
    ("aws", AWS, "docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html"),
    ("azure", AZURE, "learn.microsoft.com/azure/reliability/regions-list"),
    ("gcp", GCP, "cloud.google.com/compute/docs/regions-zones"),
    ("ibm", IBM, "cloud.ibm.com/docs/overview?topic=overview-locations"),
]


def regions():
    """(id, provider, region, metro, badge, source) of every region."""
    for provider, text, source in PROVIDERS:
        for item in text.replace("\n", "|").split("|"):
            if item:
                region, metro = item.split(" ", 1)
                badge = "assumed" if metro.endswith("!") else "published"
                yield f"{provider}:{region}", provider, region, metro.rstrip("!"), badge, source
